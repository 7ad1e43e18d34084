/* SPDX-License-Identifier: MIT */
/* Frames behind a u32 length prefix, put together from a byte stream that arrives in pieces of any size. */
#ifndef SPLITNODE_STREAM_H
#define SPLITNODE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define SN_STREAM_SMALLEST 28u /* header and an empty body */

typedef enum {
    SN_STREAM_MORE,  /* all bytes are taken, the frame is not complete */
    SN_STREAM_FRAME, /* a frame is complete; take it, then call sn_stream_next */
    SN_STREAM_BAD,   /* the prefix is out of range; nothing after it can be understood */
} sn_stream_state;

typedef struct {
    uint8_t *buffer;
    uint32_t capacity;
    uint8_t prefix[4];
    uint32_t prefix_have;
    uint32_t length; /* of the frame, once the prefix is complete */
    uint32_t have;
} sn_stream;

/* The longest frame taken is `capacity` bytes. */
void sn_stream_init(sn_stream *stream, uint8_t *buffer, uint32_t capacity);

/* Takes bytes up to the end of a frame and says how many; after SN_STREAM_FRAME or SN_STREAM_BAD it takes none. */
sn_stream_state sn_stream_push(sn_stream *stream, const uint8_t *data, size_t length, size_t *taken);

/* The complete frame, in the buffer. */
sn_bytes sn_stream_frame(const sn_stream *stream);

/* Forgets the frame and starts the next one. */
void sn_stream_next(sn_stream *stream);

#endif
