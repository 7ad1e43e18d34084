/* SPDX-License-Identifier: MIT */
#ifndef SPLITNODE_BYTES_H
#define SPLITNODE_BYTES_H

#include <stdint.h>

/* A run of bytes that belongs to somebody else. */
typedef struct {
    const uint8_t *data;
    uint32_t length;
} sn_bytes;

#endif
