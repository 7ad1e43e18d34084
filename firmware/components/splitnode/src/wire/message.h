/* SPDX-License-Identifier: MIT */
/*
 * A message: header and body, the body being payload length, model id, payload and CRC-32. An outgoing message is never
 * put together in memory; its bytes are gathered where they lie, whole for a stream or in fragments for a datagram
 * link.
 */
#ifndef SPLITNODE_MESSAGE_H
#define SPLITNODE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/auth.h"
#include "wire/frame.h"

#define SN_BODY_OVERHEAD 12u /* length, model id, CRC-32 */
#define SN_STREAM_LEAD 20u   /* length prefix and header */
#define SN_LARGEST_PAYLOAD (UINT32_MAX - SN_BODY_OVERHEAD - SN_TAG_SIZE - SN_STREAM_LEAD)

typedef struct {
    sn_header header; /* index 0, count 1; a fragment carries its own */
    sn_bytes payload[2];
    uint32_t body_size;
    uint8_t lead[SN_STREAM_LEAD];
    uint8_t head[8];
    uint8_t tail[4 + SN_TAG_SIZE]; /* CRC-32, and the tag if there is one */
    uint32_t tail_size;
} sn_message;

/* The payload is `first` followed by `second`, at most SN_LARGEST_PAYLOAD bytes; both must stay as they are until the
 * message is out. */
void sn_message_init(sn_message *message, const sn_header *header, uint32_t model_id, sn_bytes first, sn_bytes second);

/* Gives a message with SN_FLAG_AUTHENTICATED its tag, in place of the one that it may have. */
void sn_message_tag(sn_message *message, const sn_port *port, const sn_key *key);

/* As it goes over a stream, length prefix included. */
uint32_t sn_message_stream_size(const sn_message *message);
/* Copies up to `length` bytes of it from `offset` on; returns how many. */
uint32_t sn_message_stream_read(const sn_message *message, uint32_t offset, uint8_t *to, uint32_t length);

/* As it goes over a datagram link: how many fragments of `fragment_length` bytes of body, 0 if more than a header can
 * count. */
uint32_t sn_message_fragments(const sn_message *message, uint32_t fragment_length);
/* Writes the frame of one fragment, at most 16 + fragment_length bytes; returns its length. */
uint32_t sn_message_fragment(const sn_message *message, uint32_t fragment_length, uint16_t index, bool ack_requested,
                             uint8_t *frame);

/* A received body, taken apart. */
typedef struct {
    uint32_t model_id;
    sn_bytes payload;
} sn_body;

/* False if length or CRC are wrong. */
bool sn_body_open(sn_body *body, const uint8_t *data, uint32_t size);

#endif
