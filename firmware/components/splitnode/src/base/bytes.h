/* SPDX-License-Identifier: MIT */
/* Little-endian access to unaligned bytes. */
#ifndef SPLITNODE_BASE_BYTES_H
#define SPLITNODE_BASE_BYTES_H

#include <stdint.h>

#include "splitnode/bytes.h"

static inline uint16_t sn_get_u16(const uint8_t *from) {
    return (uint16_t)(from[0] | from[1] << 8);
}

static inline uint32_t sn_get_u32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline void sn_put_u16(uint8_t *to, uint16_t value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static inline void sn_put_u32(uint8_t *to, uint32_t value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
    to[2] = (uint8_t)(value >> 16);
    to[3] = (uint8_t)(value >> 24);
}

#endif
