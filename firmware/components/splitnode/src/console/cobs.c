/* SPDX-License-Identifier: MIT */
/*
 * Both take as long for one content as for another of that length: tags of messages are as random as their keys, and
 * a gateway's figures shall repeat all the same. So what is decided by a byte is computed, and not branched on.
 */
#include "console/cobs.h"

size_t sn_cobs_encode(const uint8_t *plain, size_t length, uint8_t *encoded) {
    size_t code_at = 0;
    size_t end = 1;
    uint8_t code = 1;
    for (size_t i = 0; i < length; i++) {
        uint8_t closes = plain[i] == 0;
        encoded[code_at] = code;
        encoded[end] = plain[i]; /* where a zero is, the next code will be */
        code_at += (end - code_at) * closes;
        end++;
        code = (uint8_t)((code & (closes - 1u)) + 1u);
        if (code == 0xFF && i + 1 < length) {
            encoded[code_at] = code;
            code_at = end++;
            code = 1;
        }
    }
    encoded[code_at] = code;
    return end;
}

bool sn_cobs_decode(const uint8_t *encoded, size_t length, uint8_t *plain, size_t *plain_length) {
    size_t to = 0;
    uint8_t left = 0; /* bytes up to the next code */
    bool is_sound = length != 0;
    bool owes_zero = false; /* between the block that has ended and the next one */
    for (size_t from = 0; from < length; from++) {
        uint8_t byte = encoded[from];
        uint8_t is_code = left == 0;
        is_sound = is_sound & (byte != 0);
        plain[to] = (uint8_t)(byte & (is_code - 1u));
        to += (size_t)(!is_code | owes_zero);
        left = (uint8_t)((left & (is_code - 1u)) + (byte & (0u - is_code)) - 1u);
        owes_zero = (bool)((owes_zero & !is_code) | (is_code & (byte != 0xFF)));
    }
    *plain_length = to;
    return is_sound && left == 0;
}
