/* SPDX-License-Identifier: MIT */
/* PSA's hashes, of Mbed TLS 3.6.5, and the internal heap that they copy their input to. */
#include <string.h>

#include "board.h"
#include "sha256.h"

uint32_t board_heap_least = BOARD_HEAP;

/* LOCAL_INPUT_ALLOC and LOCAL_OUTPUT_ALLOC: mbedtls_calloc is esp_mbedtls_mem_calloc (mbedtls/port/esp_mem.c), which by
 * default takes from the internal heap alone. Given back at once, so one copy after the other. */
static bool has_room_for_copy(size_t length) {
    if (length > BOARD_HEAP) {
        return false;
    }
    const uint32_t left = BOARD_HEAP - (uint32_t)length;
    board_heap_least = left < board_heap_least ? left : board_heap_least;
    return true;
}

/* mbedtls/mbedtls/library/psa_crypto.c: takes a copy of all the input, and of the hash, from the internal heap. */
psa_status_t psa_hash_compute(int algorithm, const uint8_t *data, size_t length, uint8_t *hash, size_t size,
                              size_t *made) {
    (void)algorithm;
    if (!has_room_for_copy(length + size)) {
        return PSA_ERROR_INSUFFICIENT_MEMORY;
    }
    sha256(data, length, hash);
    *made = 32;
    return PSA_SUCCESS;
}

/* mbedtls/mbedtls/library/psa_crypto.c: takes nothing; the context is in the operation. One that is set up already is
 * aborted. */
psa_status_t psa_hash_setup(psa_hash_operation_t *operation, int algorithm) {
    if (operation->algorithm != 0 || algorithm != PSA_ALG_SHA_256) {
        psa_hash_abort(operation);
        return PSA_ERROR_BAD_STATE;
    }
    *operation = (psa_hash_operation_t){.algorithm = algorithm};
    return PSA_SUCCESS;
}

/* mbedtls/mbedtls/library/psa_crypto.c: takes a copy of all the input from the internal heap; what fails is aborted.
 * (Here the input is kept, since sha256() wants it at once.) */
psa_status_t psa_hash_update(psa_hash_operation_t *operation, const uint8_t *data, size_t length) {
    if (operation->algorithm == 0 || !has_room_for_copy(length)) {
        const bool is_set_up = operation->algorithm != 0;
        psa_hash_abort(operation);
        return is_set_up ? PSA_ERROR_INSUFFICIENT_MEMORY : PSA_ERROR_BAD_STATE;
    }
    operation->data = realloc(operation->data, operation->length + length + 1);
    memcpy(&operation->data[operation->length], data, length);
    operation->length += length;
    return PSA_SUCCESS;
}

/* mbedtls/mbedtls/library/psa_crypto.c: takes a copy of the hash from the internal heap; ends the operation. */
psa_status_t psa_hash_finish(psa_hash_operation_t *operation, uint8_t *hash, size_t size, size_t *made) {
    if (operation->algorithm == 0 || size < 32) {
        psa_hash_abort(operation);
        return PSA_ERROR_BAD_STATE;
    }
    sha256(operation->data, operation->length, hash);
    *made = 32;
    return psa_hash_abort(operation);
}

/* mbedtls/mbedtls/library/psa_crypto.c: takes a copy of the hash from the internal heap; ends the operation, whatever
 * the verdict. */
psa_status_t psa_hash_verify(psa_hash_operation_t *operation, const uint8_t *hash, size_t length) {
    uint8_t own[32];
    size_t made;
    const psa_status_t status = psa_hash_finish(operation, own, sizeof own, &made);
    if (status != PSA_SUCCESS) {
        return status;
    }
    return length == sizeof own && memcmp(own, hash, length) == 0 ? PSA_SUCCESS : PSA_ERROR_INVALID_SIGNATURE;
}

/* mbedtls/mbedtls/library/psa_crypto.c: takes nothing, and does nothing to an operation that is not set up. */
psa_status_t psa_hash_abort(psa_hash_operation_t *operation) {
    free(operation->data);
    *operation = (psa_hash_operation_t){0};
    return PSA_SUCCESS;
}
