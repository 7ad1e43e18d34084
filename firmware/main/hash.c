/* SPDX-License-Identifier: MIT */
#include "hash.h"

#define PIECE 4096u

/* Mbed TLS copies whatever it is given to the internal heap first (psa_crypto.c, LOCAL_INPUT_ALLOC), which has no room
 * for a model. */
psa_status_t hil_hash_add(psa_hash_operation_t *hash, const uint8_t *data, uint32_t length) {
    psa_status_t status = PSA_SUCCESS;
    for (uint32_t at = 0; status == PSA_SUCCESS && at < length; at += PIECE) {
        status = psa_hash_update(hash, &data[at], length - at < PIECE ? length - at : PIECE);
    }
    return status;
}
