/* SPDX-License-Identifier: MIT */
#include "fake_flash.h"

#include <string.h>

#include "sha256.h"

uint32_t fake_slot_size(void *ctx) {
    const fake_flash *flash = ctx;
    return flash->size;
}

sn_error fake_slot_read(void *ctx, uint32_t offset, void *to, uint32_t length) {
    const fake_flash *flash = ctx;
    if ((uint64_t)offset + length > flash->size) {
        return SN_ERR_STORAGE;
    }
    memcpy(to, &flash->bytes[offset], length);
    return flash->fails;
}

sn_error fake_slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]) {
    const fake_flash *flash = ctx;
    if ((uint64_t)offset + length > flash->size) {
        return SN_ERR_STORAGE;
    }
    sha256(&flash->bytes[offset], length, digest);
    return SN_OK;
}
