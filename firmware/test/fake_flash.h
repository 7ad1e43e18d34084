/* SPDX-License-Identifier: MIT */
/* A model partition in memory, and the port's functions for it; their ctx points to it. */
#ifndef FAKE_FLASH_H
#define FAKE_FLASH_H

#include "splitnode/port.h"

typedef struct {
    uint8_t *bytes;
    uint32_t size;
    sn_error fails; /* what slot_read says, having read all the same */
} fake_flash;

uint32_t fake_slot_size(void *ctx);
/* Both answer SN_ERR_STORAGE for what does not lie inside it. */
sn_error fake_slot_read(void *ctx, uint32_t offset, void *to, uint32_t length);
sn_error fake_slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]);

#endif
