/* SPDX-License-Identifier: MIT */
/* Can a node on a packet link go on by itself? To be asked after every event. */
#ifndef AWAKE_H
#define AWAKE_H

#include "fake_port.h"

/* Fails the test if something is left to be sent that the driver would take, or if something is under way that neither
 * a deadline nor an event of the port will end. */
void awake_check(const fake_port *fake);

#endif
