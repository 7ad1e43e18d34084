/* SPDX-License-Identifier: MIT */
#include "wire/stream.h"

#include <string.h>

void sn_stream_init(sn_stream *stream, uint8_t *buffer, uint32_t capacity) {
    *stream = (sn_stream){.buffer = buffer, .capacity = capacity};
}

static size_t fill(uint8_t *to, uint32_t *have, uint32_t want, const uint8_t *data, size_t length) {
    size_t n = want - *have;
    if (n > length) {
        n = length;
    }
    if (n != 0) {
        memcpy(&to[*have], data, n);
        *have += (uint32_t)n;
    }
    return n;
}

sn_stream_state sn_stream_push(sn_stream *stream, const uint8_t *data, size_t length, size_t *taken) {
    *taken = 0;
    if (stream->prefix_have < sizeof stream->prefix) {
        *taken = fill(stream->prefix, &stream->prefix_have, sizeof stream->prefix, data, length);
        if (stream->prefix_have < sizeof stream->prefix) {
            return SN_STREAM_MORE;
        }
        stream->length = sn_get_u32(stream->prefix);
    }
    if (stream->length < SN_STREAM_SMALLEST || stream->length > stream->capacity) {
        return SN_STREAM_BAD;
    }
    *taken += fill(stream->buffer, &stream->have, stream->length, data + *taken, length - *taken);
    return stream->have == stream->length ? SN_STREAM_FRAME : SN_STREAM_MORE;
}

sn_bytes sn_stream_frame(const sn_stream *stream) {
    return (sn_bytes){stream->buffer, stream->length};
}

void sn_stream_next(sn_stream *stream) {
    sn_stream_init(stream, stream->buffer, stream->capacity);
}
