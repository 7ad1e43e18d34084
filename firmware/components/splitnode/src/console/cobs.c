/* SPDX-License-Identifier: MIT */
#include "console/cobs.h"

size_t sn_cobs_encode(const uint8_t *plain, size_t length, uint8_t *encoded) {
    size_t code_at = 0;
    size_t end = 1;
    uint8_t code = 1;
    for (size_t i = 0; i < length; i++) {
        if (plain[i] != 0) {
            encoded[end++] = plain[i];
            code++;
        }
        bool full = code == 0xFF && i + 1 < length;
        if (plain[i] == 0 || full) {
            encoded[code_at] = code;
            code_at = end++;
            code = 1;
        }
    }
    encoded[code_at] = code;
    return end;
}

bool sn_cobs_decode(const uint8_t *encoded, size_t length, uint8_t *plain, size_t *plain_length) {
    size_t from = 0;
    size_t to = 0;
    while (from < length) {
        uint8_t code = encoded[from++];
        if (code == 0 || (size_t)(code - 1) > length - from) {
            return false;
        }
        for (uint8_t i = 1; i < code; i++) {
            if (encoded[from] == 0) {
                return false;
            }
            plain[to++] = encoded[from++];
        }
        if (code != 0xFF && from < length) {
            plain[to++] = 0;
        }
    }
    *plain_length = to;
    return length != 0;
}
