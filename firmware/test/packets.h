/* SPDX-License-Identifier: MIT */
/* One node on a packet link, and a peer that writes and reads each frame by hand. */
#ifndef PACKETS_H
#define PACKETS_H

#include "wire/ack.h"
#include "fake_port.h"

#define PEER_ADDRESS 0xC0A804030D05u
#define PEER_LIMIT 250u

/* A node in a role, its link being opened. */
fake_port *packets_open(sn_role role, sn_via via);
/* The same with the HELLO exchange done: id 1 is used up. In role head there is an image. */
fake_port *packets_linked(sn_role role, sn_via via);

/* The next frame that the node has sent; false if there is none. `body` is what stands behind the header. */
bool packets_get(fake_port *fake, sn_header *header, sn_bytes *body);
/* The next frame must be a whole message. Returns its payload. */
sn_bytes packets_get_single(fake_port *fake, sn_frame_type type, uint8_t flags, uint32_t id);
/* The next frame must be an ACK. */
void packets_expect_ack(fake_port *fake, uint8_t flags, uint32_t id, uint32_t base, uint64_t window);
/* The next frame must be an ERROR. */
void packets_expect_error(fake_port *fake, uint32_t id, sn_error code);
void packets_expect_nothing(fake_port *fake);

/* Sends fragment `index` of a message in frames of PEER_LIMIT. */
void packets_put(fake_port *fake, const sn_header *header, sn_bytes payload, uint16_t index);
/* A message of one frame, of the session that the node expects. */
void packets_put_single(fake_port *fake, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes payload);
void packets_put_ack(fake_port *fake, uint8_t flags, uint32_t id, uint32_t base, uint64_t window);
void packets_put_hello(fake_port *fake, uint8_t flags, uint32_t session, uint32_t id, uint16_t limit);

#endif
