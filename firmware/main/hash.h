/* SPDX-License-Identifier: MIT */
/* PSA's hashes, of any length: the one place that gives them data. */
#ifndef HASH_H
#define HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "psa/crypto.h"
#include "splitnode/port.h"

/* As psa_hash_update. The SHA engine takes 90 MB/s (ESP-IDF's idf_test/include/esp32s3/idf_performance_target.h), so
 * for 3 MB, the largest slot, far less than a second: no watchdog has to be fed meanwhile. */
psa_status_t hil_hash_add(psa_hash_operation_t *hash, const uint8_t *data, uint32_t length);

/* As the port table has it. */
bool hil_hmac_sha256(void *ctx, const uint8_t key[SN_KEY_SIZE], const sn_bytes *pieces, size_t count,
                     uint8_t mac[SN_SHA256_SIZE]);

#endif
