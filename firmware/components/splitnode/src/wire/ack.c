/* SPDX-License-Identifier: MIT */
#include "wire/ack.h"

void sn_ack_pack(const sn_ack *ack, uint8_t to[SN_ACK_SIZE]) {
    sn_put_u32(&to[0], ack->base);
    sn_put_u32(&to[4], (uint32_t)ack->window);
    sn_put_u32(&to[8], (uint32_t)(ack->window >> 32));
}

bool sn_ack_unpack(sn_ack *ack, sn_bytes payload) {
    if (payload.length != SN_ACK_SIZE) {
        return false;
    }
    ack->base = sn_get_u32(&payload.data[0]);
    ack->window = sn_get_u32(&payload.data[4]) | (uint64_t)sn_get_u32(&payload.data[8]) << 32;
    return true;
}

bool sn_ack_has(const sn_ack *ack, uint32_t index) {
    if (index <= ack->base) {
        return index < ack->base;
    }
    uint32_t bit = index - ack->base - 1;
    return bit < 64 && (ack->window >> bit & 1) != 0;
}
