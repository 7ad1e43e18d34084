/* SPDX-License-Identifier: MIT */
#include "noise.h"

#include "test.h"

uint8_t noise_bytes[2048];

uint8_t noise_likely(uint32_t *seed) {
    static const char meaningful[] =
        "\0\0\0\r\n #=\"\\*!via=tcp state=up infer link image read rtt size=3000 crc=0\1\2\x1f";
    uint32_t pick = test_random(seed);
    return (uint8_t)(pick % 3 == 0 ? pick >> 8 : (uint32_t)meaningful[(pick >> 8) % (sizeof meaningful - 1)]);
}

size_t noise_make(uint32_t *seed) {
    size_t length = test_random(seed) % sizeof noise_bytes;
    for (size_t i = 0; i < length; i++) {
        noise_bytes[i] = noise_likely(seed);
    }
    return length;
}
