/* SPDX-License-Identifier: MIT */
/* A node in role tail on a packet link, and what its head sends and gets. */
#ifndef TAIL_H
#define TAIL_H

#include "packets.h"

#define TAIL_FRAGMENTS 7u /* of 234 bytes: 1,600 and 12 */

extern uint8_t tail_activation[FAKE_CROSSING];

/* A head has greeted; id 1 is used up. */
fake_port *tail_on(sn_via via);

/* Fragment `index` of the activation as message `id`. */
void tail_put_data(fake_port *fake, uint32_t id, uint8_t flags, uint16_t index);
/* All of them in order; the last one asks for an ACK, but not over BLE. */
void tail_put_whole(fake_port *fake, uint32_t id);

/* The next frame must be the RESULT for that activation. */
void tail_expect_result(fake_port *fake, uint32_t id);

#endif
