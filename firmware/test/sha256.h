/* SPDX-License-Identifier: MIT */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

/* FIPS 180-4. */
void sha256(const uint8_t *data, size_t length, uint8_t digest[32]);

#endif
