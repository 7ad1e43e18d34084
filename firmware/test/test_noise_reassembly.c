/* SPDX-License-Identifier: MIT */
/* Fragments that fit to nothing: nothing may be written out of bounds. */
#include <stdlib.h>

#include "noise.h"
#include "test.h"
#include "wire/reassembly.h"

static void reassembly_survives_noise(void) {
    uint32_t seed = 4;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        /* Memory of exactly the size that was announced, for the sanitizer to guard. */
        uint32_t capacity = test_random(&seed) % 600;
        uint32_t bitmap_size = test_random(&seed) % 20;
        uint8_t *memory = malloc(capacity + 1);
        uint8_t *bitmap = malloc(bitmap_size + 1);
        CHECK(memory != NULL && bitmap != NULL);
        sn_reassembly joined;
        sn_reassembly_init(&joined, &memory[1], capacity, &bitmap[1], bitmap_size, test_random(&seed) % 40);
        for (uint32_t i = 0; i < 40; i++) {
            size_t length = test_random(&seed) % 64;
            for (size_t j = 0; j < length; j++) {
                noise_bytes[j] = noise_likely(&seed);
            }
            sn_header header = {.type = SN_FRAME_DATA,
                                .message = test_random(&seed) % 2,
                                .count = (uint16_t)(1 + test_random(&seed) % 200)};
            header.index = (uint16_t)(test_random(&seed) % header.count);
            sn_header_pack(&header, noise_bytes);
            (void)sn_reassembly_push(&joined, noise_bytes, length);
        }
        free(memory);
        free(bitmap);
    }
}

static const test_case noise_reassembly_cases[] = {TEST(reassembly_survives_noise)};
SUITE(noise_reassembly, noise_reassembly_cases);
