/* SPDX-License-Identifier: MIT */
/* The console: UART0 and USB-Serial/JTAG at once. What comes in on either goes to the core; what goes out goes to both.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

/* Installs the drivers, takes ESP-IDF's log over and starts reading. After loop_init. */
esp_err_t console_init(void);

/* sn_port's functions. */
void console_write(void *ctx, const uint8_t *data, size_t length);
void console_baud(void *ctx, uint32_t rate);

/* Waits until everything has gone out. In the event task only. */
void console_drain(void);

#endif
