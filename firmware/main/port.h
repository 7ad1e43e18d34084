/* SPDX-License-Identifier: MIT */
#ifndef PORT_H
#define PORT_H

#include "splitnode/port.h"

extern const sn_port port_table; /* what the core asks of this board */

#endif
