/* SPDX-License-Identifier: MIT */
#include "splitnode/mac.h"

uint64_t sn_mac_get(const uint8_t from[SN_MAC_SIZE]) {
    uint64_t address = 0;
    for (unsigned i = 0; i < SN_MAC_SIZE; i++) {
        address = address << 8 | from[i];
    }
    return address;
}

void sn_mac_put(uint8_t to[SN_MAC_SIZE], uint64_t address) {
    for (unsigned i = 0; i < SN_MAC_SIZE; i++) {
        to[i] = (uint8_t)(address >> (40 - 8 * i));
    }
}

uint64_t sn_mac_parse(const char *text) {
    uint64_t address = 0;
    for (; *text != '\0'; text++) {
        if (*text != ':') {
            address = address << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
        }
    }
    return address;
}
