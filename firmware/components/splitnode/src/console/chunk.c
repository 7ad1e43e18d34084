/* SPDX-License-Identifier: MIT */
#include "console/chunk.h"

#include <string.h>

#include "base/crc.h"

bool sn_chunk_unpack(sn_chunk *chunk, const uint8_t *from, size_t length) {
    if (length < 9 || length > SN_CHUNK_SIZE) {
        return false;
    }
    chunk->type = from[0];
    chunk->offset = sn_get_u32(&from[1]);
    chunk->data = (sn_bytes){&from[5], (uint32_t)length - 9};
    return sn_get_u32(&from[length - 4]) == sn_crc32(0, from, length - 4);
}

size_t sn_chunk_encode(const sn_chunk *chunk, uint8_t to[SN_CHUNK_ENCODED]) {
    uint8_t plain[SN_CHUNK_SIZE];
    size_t length = 5 + chunk->data.length;
    plain[0] = chunk->type;
    sn_put_u32(&plain[1], chunk->offset);
    if (chunk->data.length != 0) {
        memcpy(&plain[5], chunk->data.data, chunk->data.length);
    }
    sn_put_u32(&plain[length], sn_crc32(0, plain, length));
    to[0] = 0;
    size_t encoded = sn_cobs_encode(plain, length + 4, &to[1]);
    to[1 + encoded] = 0;
    return encoded + 2;
}
