/* SPDX-License-Identifier: MIT */
/* Consistent overhead byte stuffing: bytes without zeros, so that zeros can stand between frames. */
#ifndef SPLITNODE_COBS_H
#define SPLITNODE_COBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes that `n` bytes become. */
#define SN_COBS_BOUND(n) ((n) + (n) / 254 + 1)

/* Writes at most SN_COBS_BOUND(length) bytes and returns how many. */
size_t sn_cobs_encode(const uint8_t *plain, size_t length, uint8_t *encoded);

/* Writes at most `length` bytes; `plain` may be `encoded`. False if the encoding is broken. */
bool sn_cobs_decode(const uint8_t *encoded, size_t length, uint8_t *plain, size_t *plain_length);

#endif
