/* SPDX-License-Identifier: MIT */
#include "wire/reassembly.h"

#include <string.h>

void sn_reassembly_init(sn_reassembly *reassembly, uint8_t *buffer, uint32_t capacity, uint8_t *bitmap,
                        uint32_t bitmap_size, uint32_t fragment_length) {
    *reassembly = (sn_reassembly){
        .buffer = buffer,
        .capacity = capacity,
        .bitmap = bitmap,
        .bitmap_bits = bitmap_size < UINT16_MAX / 8u + 1u ? bitmap_size * 8u : UINT16_MAX,
        .fragment_length = fragment_length,
    };
}

void sn_reassembly_expect_tags(sn_reassembly *reassembly, const sn_port *port, const sn_key *key) {
    reassembly->port = port;
    reassembly->key = key;
}

bool sn_reassembly_is_of(const sn_reassembly *reassembly, const sn_header *header) {
    const sn_header *present = &reassembly->header;
    return reassembly->active && header->type == present->type && header->session == present->session &&
           header->message == present->message;
}

/* A late copy of a fragment must not make the receiver forget the message after it. */
static bool is_older(const sn_reassembly *reassembly, const sn_header *header) {
    return reassembly->active && header->session == reassembly->header.session &&
           sn_message_is_older(header->message, reassembly->header.message);
}

static bool is_here(const sn_reassembly *reassembly, uint32_t index) {
    return (reassembly->bitmap[index / 8] >> index % 8 & 1) != 0;
}

sn_ack sn_reassembly_ack(const sn_reassembly *reassembly) {
    sn_ack ack = {0};
    if (!reassembly->active) {
        return ack;
    }
    ack.base = reassembly->base;
    for (uint32_t bit = 0; bit < 64 && ack.base + 1 + bit < reassembly->header.count; bit++) {
        ack.window |= (uint64_t)is_here(reassembly, ack.base + 1 + bit) << bit;
    }
    return ack;
}

void sn_reassembly_forget(sn_reassembly *reassembly) {
    reassembly->active = false;
}

static void start(sn_reassembly *reassembly, const sn_header *header) {
    reassembly->active = true;
    reassembly->header = *header;
    reassembly->received = 0;
    reassembly->base = 0;
    reassembly->last_length = 0;
    memset(reassembly->bitmap, 0, (header->count + 7u) / 8u);
}

/* Takes the tag off `size`. */
static bool has_right_tag(const sn_reassembly *reassembly, uint32_t *size) {
    if (reassembly->key != NULL) {
        return sn_tag_verify(reassembly->port, reassembly->key, &reassembly->header, reassembly->buffer, size);
    }
    bool is_there = *size >= SN_TAG_SIZE;
    *size -= is_there ? SN_TAG_SIZE : 0;
    return is_there;
}

static sn_fragment_state finish(sn_reassembly *reassembly) {
    uint32_t size = (reassembly->header.count - 1u) * reassembly->fragment_length + reassembly->last_length;
    if (reassembly->port != NULL && !has_right_tag(reassembly, &size)) {
        sn_reassembly_forget(reassembly);
        return SN_FRAGMENT_FOREIGN;
    }
    bool is_sound = sn_body_open(&reassembly->body, reassembly->buffer, size);
    return is_sound ? SN_FRAGMENT_COMPLETE : SN_FRAGMENT_BAD_BODY;
}

sn_fragment_state sn_reassembly_take(sn_reassembly *reassembly, const sn_header *given, const uint8_t *piece,
                                     size_t length) {
    sn_header header = *given;
    header.flags &= (uint8_t)~SN_FLAG_ACK_REQUESTED;
    bool is_last = header.index + 1 == header.count;
    if (length == 0 || length > reassembly->fragment_length || (!is_last && length != reassembly->fragment_length)) {
        return SN_FRAGMENT_BAD;
    }
    uint64_t offset = (uint64_t)header.index * reassembly->fragment_length;
    uint64_t least = (uint64_t)(header.count - 1u) * reassembly->fragment_length + (is_last ? length : 1u);
    if (header.count > reassembly->bitmap_bits || least > reassembly->capacity) {
        return SN_FRAGMENT_TOO_LARGE;
    }
    if (is_older(reassembly, &header)) {
        return SN_FRAGMENT_DUPLICATE;
    }
    if (!sn_reassembly_is_of(reassembly, &header)) {
        start(reassembly, &header);
    } else if (header.count != reassembly->header.count || header.flags != reassembly->header.flags) {
        return SN_FRAGMENT_BAD;
    }

    if (is_here(reassembly, header.index)) {
        return SN_FRAGMENT_DUPLICATE;
    }
    reassembly->bitmap[header.index / 8] |= (uint8_t)(1u << header.index % 8);
    reassembly->received++;
    while (reassembly->base < header.count && is_here(reassembly, reassembly->base)) {
        reassembly->base++;
    }
    memcpy(&reassembly->buffer[offset], piece, length);
    if (is_last) {
        reassembly->last_length = (uint32_t)length;
    }
    return reassembly->received == header.count ? finish(reassembly) : SN_FRAGMENT_MORE;
}

sn_fragment_state sn_reassembly_push(sn_reassembly *reassembly, const uint8_t *frame, size_t length) {
    sn_header header;
    if (!sn_header_unpack(&header, frame, length)) {
        return SN_FRAGMENT_BAD;
    }
    return sn_reassembly_take(reassembly, &header, &frame[SN_HEADER_SIZE], length - SN_HEADER_SIZE);
}
