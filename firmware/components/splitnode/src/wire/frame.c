/* SPDX-License-Identifier: MIT */
#include "wire/frame.h"

#include "base/bytes.h"

static const uint8_t known_flags = SN_FLAG_AUTHENTICATED | SN_FLAG_ANSWER | SN_FLAG_WANT_OUTPUT | SN_FLAG_ACK_REQUESTED;

void sn_header_pack(const sn_header *header, uint8_t to[SN_HEADER_SIZE]) {
    sn_put_u16(&to[0], SN_MAGIC);
    to[2] = (uint8_t)(SN_PROTOCOL_VERSION << 4 | header->type);
    to[3] = header->flags;
    sn_put_u32(&to[4], header->session);
    sn_put_u32(&to[8], header->message);
    sn_put_u16(&to[12], header->index);
    sn_put_u16(&to[14], header->count);
}

bool sn_header_unpack(sn_header *header, const uint8_t *from, size_t length) {
    if (length < SN_HEADER_SIZE || sn_get_u16(&from[0]) != SN_MAGIC || from[2] >> 4 != SN_PROTOCOL_VERSION) {
        return false;
    }
    header->type = from[2] & 0x0F;
    header->flags = from[3];
    header->session = sn_get_u32(&from[4]);
    header->message = sn_get_u32(&from[8]);
    header->index = sn_get_u16(&from[12]);
    header->count = sn_get_u16(&from[14]);
    return header->type >= SN_FRAME_HELLO && header->type <= SN_FRAME_ACK && (header->flags & ~known_flags) == 0 &&
           header->index < header->count;
}
