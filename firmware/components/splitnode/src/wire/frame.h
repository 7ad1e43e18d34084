/* SPDX-License-Identifier: MIT */
/* The 16-byte header of every frame on a link. */
#ifndef SPLITNODE_FRAME_H
#define SPLITNODE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SN_HEADER_SIZE 16u
#define SN_MAGIC 0x4E53u
#define SN_PROTOCOL_VERSION 1u

typedef enum {
    SN_FRAME_HELLO = 1,
    SN_FRAME_DATA = 2,
    SN_FRAME_RESULT = 3,
    SN_FRAME_ERROR = 4,
    SN_FRAME_ECHO = 5,
    SN_FRAME_ECHO_REPLY = 6,
    SN_FRAME_ACK = 7,
} sn_frame_type;

enum {
    SN_FLAG_AUTHENTICATED = 0x01,
    SN_FLAG_ANSWER = 0x02,
    SN_FLAG_WANT_OUTPUT = 0x04,
    SN_FLAG_ACK_REQUESTED = 0x08, /* of one frame; the other flags are the whole message's */
};

typedef struct {
    uint8_t type; /* sn_frame_type */
    uint8_t flags;
    uint32_t session;
    uint32_t message;
    uint16_t index;
    uint16_t count;
} sn_header;

/* Was the message with id `id` begun before the one with id `other`? Ids may wrap around. */
static inline bool sn_message_is_older(uint32_t id, uint32_t other) {
    return id != other && other - id < 0x80000000u;
}

void sn_header_pack(const sn_header *header, uint8_t to[SN_HEADER_SIZE]);

/* False unless `from` starts with a header of this version with a known type, known flags and index < count. */
bool sn_header_unpack(sn_header *header, const uint8_t *from, size_t length);

#endif
