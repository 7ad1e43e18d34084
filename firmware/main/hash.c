/* SPDX-License-Identifier: MIT */
#include "hash.h"

#define PIECE 4096u
#define BLOCK 64u /* of SHA-256 */

/* Mbed TLS copies whatever it is given to the internal heap first (psa_crypto.c, LOCAL_INPUT_ALLOC), which has no room
 * for a model. */
psa_status_t hil_hash_add(psa_hash_operation_t *hash, const uint8_t *data, uint32_t length) {
    psa_status_t status = PSA_SUCCESS;
    for (uint32_t at = 0; status == PSA_SUCCESS && at < length; at += PIECE) {
        status = psa_hash_update(hash, &data[at], length - at < PIECE ? length - at : PIECE);
    }
    return status;
}

/* HMAC's two hashes begin with the key, in a block filled up with zeros, each byte XORed with `padding`. */
static psa_status_t add_key(psa_hash_operation_t *hash, const uint8_t key[SN_KEY_SIZE], uint8_t padding) {
    uint8_t block[BLOCK];
    for (uint32_t i = 0; i < BLOCK; i++) {
        block[i] = (uint8_t)((i < SN_KEY_SIZE ? key[i] : 0) ^ padding);
    }
    return hil_hash_add(hash, block, sizeof block);
}

static psa_status_t hash_pieces(const uint8_t key[SN_KEY_SIZE], uint8_t padding, const sn_bytes *pieces, size_t count,
                                uint8_t digest[SN_SHA256_SIZE]) {
    psa_hash_operation_t hash = PSA_HASH_OPERATION_INIT;
    size_t written = 0;
    psa_status_t status = psa_hash_setup(&hash, PSA_ALG_SHA_256);
    status = status == PSA_SUCCESS ? add_key(&hash, key, padding) : status;
    for (size_t i = 0; status == PSA_SUCCESS && i < count; i++) {
        status = hil_hash_add(&hash, pieces[i].data, pieces[i].length);
    }
    status = status == PSA_SUCCESS ? psa_hash_finish(&hash, digest, SN_SHA256_SIZE, &written) : status;
    if (status != PSA_SUCCESS) {
        psa_hash_abort(&hash);
    }
    return status;
}

/* RFC 2104 by two hashes, whose states are on the stack. PSA's own psa_mac_* would want each key in a slot of its
 * store, which is on the heap (psa_crypto_slot_management.c), and three keys change with every connection. What a hash
 * takes from the heap is a copy of PIECE bytes at most, for as long as a call of psa_hash_update lasts. */
bool hil_hmac_sha256(void *ctx, const uint8_t key[SN_KEY_SIZE], const sn_bytes *pieces, size_t count,
                     uint8_t mac[SN_SHA256_SIZE]) {
    uint8_t inner[SN_SHA256_SIZE];
    (void)ctx;
    return hash_pieces(key, 0x36, pieces, count, inner) == PSA_SUCCESS &&
           hash_pieces(key, 0x5c, &(sn_bytes){inner, sizeof inner}, 1, mac) == PSA_SUCCESS;
}
