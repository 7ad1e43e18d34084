/* SPDX-License-Identifier: MIT */
/* The virtual board's firmware with its port, natively: a fake machine serves the imports of firmware/virtual. */
#ifndef VIRTUAL_BOARD_H
#define VIRTUAL_BOARD_H

#include "events.h"
#include "fake_port.h"
#include "machine.h"
#include "port.h"

#define VIRTUAL_BOARD_RESERVE 54321u /* of the stack */

/* The machine that serves the imports. */
extern fake_port *virtual_machine;

/* A machine that has booted, with a model in its slot unless the role is none; its start-up log is read. */
void virtual_board_boot(sn_role role);
/* Done with it: all that it has said has been looked at. */
void virtual_board_end(void);

/* Puts bytes or a text into staging; returns the length. */
uint32_t virtual_board_stage(const void *data, size_t length);
uint32_t virtual_board_stage_text(const char *text);

/* Types a line and returns the first line that comes back. */
const char *virtual_board_ask(const char *line);

#endif
