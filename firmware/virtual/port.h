/* SPDX-License-Identifier: MIT */
/* The port of the core to the virtual board. */
#ifndef VIRTUAL_PORT_H
#define VIRTUAL_PORT_H

#include "splitnode/node.h"

extern sn_identity virtual_identity; /* what the board is; `boot` fills it in */
extern const sn_port virtual_port;

#endif
