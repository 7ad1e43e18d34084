/* SPDX-License-Identifier: MIT */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "splitnode/bytes.h"

/* FIPS 180-4. */
void sha256(const uint8_t *data, size_t length, uint8_t digest[32]);
/* RFC 2104, of pieces one behind the other. */
void hmac_sha256(const uint8_t key[16], const sn_bytes *pieces, size_t count, uint8_t mac[32]);

#endif
