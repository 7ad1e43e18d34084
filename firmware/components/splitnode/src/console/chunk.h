/* SPDX-License-Identifier: MIT */
/* A binary chunk on the console: type, offset, data, CRC-32. */
#ifndef SPLITNODE_CHUNK_H
#define SPLITNODE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "console/cobs.h"

#define SN_CHUNK_DATA 1024u
#define SN_CHUNK_SIZE (SN_CHUNK_DATA + 9u)
#define SN_CHUNK_ENCODED (SN_COBS_BOUND(SN_CHUNK_SIZE) + 2u)

typedef enum {
    SN_CHUNK_IMAGE = 1,
    SN_CHUNK_READ = 2,
    SN_CHUNK_TRANSMIT = 3,    /* host to gateway: a frame to send */
    SN_CHUNK_RECEIVED = 4,    /* gateway to host: a frame that was received */
    SN_CHUNK_TRANSMITTED = 5, /* gateway to host: the radio's driver has taken it */
    SN_CHUNK_DEALT_WITH = 6,  /* host to gateway */
    SN_CHUNK_UPDATE = 7,
} sn_chunk_type;

typedef struct {
    uint8_t type; /* sn_chunk_type */
    uint32_t offset;
    sn_bytes data;
} sn_chunk;

/* False if length or CRC are wrong. `data` points into `from`. */
bool sn_chunk_unpack(sn_chunk *chunk, const uint8_t *from, size_t length);

/* The chunk as it goes out, between two zeros; at most SN_CHUNK_DATA bytes of data. Returns the length. */
size_t sn_chunk_encode(const sn_chunk *chunk, uint8_t to[SN_CHUNK_ENCODED]);

#endif
