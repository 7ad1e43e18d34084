/* SPDX-License-Identifier: MIT */
/* Frames that may mean something. */
#include <string.h>

#include "fuzz.h"
#include "link/internal.h"
#include "node/state.h"
#include "test.h"
#include "wire/ack.h"

/* How the input changes a frame that would be right. */
enum {
    OTHER_SESSION = 0x01,
    RAW_PIECE = 0x02, /* a fragment that is no whole message */
    OTHER_PAYLOAD = 0x04,
    OTHER_MODEL = 0x08,
    BROKEN = 0x10, /* a byte of it is another */
    CUT_SHORT = 0x20,
    OTHER_LENGTH = 0x40, /* of its fragments than was agreed */
    OTHER_ID = 0x80,     /* than one that the node may know */
};

/* What a peer would say: HELLO, ACK, RESULT, ERROR; anything else is as long as the input says. */
static uint32_t make_payload(fuzz_input *input, const sn_header *header, uint8_t *to, uint32_t capacity) {
    memset(to, 0, capacity);
    switch (header->type) {
    case SN_FRAME_HELLO:
        to[0] = (header->flags & SN_FLAG_ANSWER) != 0 ? SN_ROLE_TAIL : SN_ROLE_HEAD;
        to[1] = SN_INT8;
        sn_put_u16(&to[2], (uint16_t)(120 + fuzz_byte(input)));
        sn_put_u32(&to[4], FAKE_CROSSING);
        sn_put_u32(&to[8], FAKE_CLASSES);
        return 16;
    case SN_FRAME_ACK:
        sn_put_u32(&to[0], fuzz_byte(input));
        sn_put_u32(&to[4], fuzz_u32(input));
        sn_put_u32(&to[8], fuzz_byte(input));
        return SN_ACK_SIZE;
    case SN_FRAME_RESULT:
        to[0] = 1;
        to[1] = SN_UINT8;
        sn_put_u16(&to[2], FAKE_CLASSES);
        sn_put_u32(&to[64], FAKE_CLASSES);
        return 72;
    case SN_FRAME_ERROR:
        sn_put_u16(&to[0], fuzz_byte(input));
        sn_put_u16(&to[2], 20);
        memset(&to[4], 'e', 20);
        return 24;
    case SN_FRAME_DATA:
        return FAKE_CROSSING;
    default:
        return fuzz_u16(input) % (capacity + 1);
    }
}

/* The key that a peer would make a message with; NULL: it makes none. */
static const sn_key *key_of(const sn_link *link, uint8_t type) {
    const sn_link_auth *auth = &link->auth;
    bool is_tail = sn_link_is_tail(link);
    if (!sn_link_is_keyed(link)) {
        return NULL;
    }
    if (type == SN_FRAME_HELLO) {
        return is_tail ? &auth->key : &auth->greeting;
    }
    if (link->greeted) {
        return &auth->session;
    }
    if (!is_tail) {
        return &auth->greeting; /* ERROR to HELLO */
    }
    for (size_t i = 0; i < SN_LINK_GREETERS; i++) {
        if (auth->greeters[i].is_there) {
            return &auth->greeters[i].key;
        }
    }
    return &auth->key;
}

/* Over packets a check stands in place of the session of all but HELLO and what answers it. */
static bool has_check(const sn_link *link, uint8_t type) {
    return type != SN_FRAME_HELLO && !sn_link_has_stream(link) && (sn_link_is_tail(link) || link->greeted);
}

typedef struct {
    uint8_t how;
    const sn_link *link;
    const sn_key *key;
    uint8_t payload[FUZZ_FRAME];
    sn_message message;
    uint32_t fragment_length;
    uint32_t count;
} outgoing;

/* Chooses a message, its ids near those that the node has in hand. */
static void make(fuzz_input *input, const fake_port *fake, outgoing *out) {
    const sn_link *link = &fake->node->link;
    bool is_head = fake->slot[6] == SN_ROLE_HEAD;
    out->how = fuzz_byte(input);
    uint8_t kind = fuzz_byte(input);
    uint8_t id = fuzz_byte(input);
    sn_header header = {.type = (uint8_t)(1 + kind % 7), .flags = (uint8_t)(kind >> 4), .count = 1};
    out->link = link;
    out->key = key_of(link, header.type);
    if (out->key != NULL) {
        header.flags ^= SN_FLAG_AUTHENTICATED;
    }
    header.session = is_head ? FAKE_SESSION : FAKE_PEER_SESSION;
    header.message = is_head ? link->last_message : link->answering.latest;
    header.message = (out->how & OTHER_ID) != 0 ? id : header.message + id % 8 - (is_head ? 0u : 1u);
    if ((out->how & OTHER_SESSION) != 0) {
        header.session ^= fuzz_byte(input);
    }
    sn_bytes content = {out->payload, make_payload(input, &header, out->payload, 1800)};
    if ((out->how & OTHER_PAYLOAD) != 0) {
        sn_bytes chosen = fuzz_bytes(input, 1800);
        memcpy(out->payload, chosen.data, chosen.length);
        content.length = chosen.length;
    }
    if (out->key != NULL && header.type == SN_FRAME_HELLO && content.length == 16) {
        content.length += SN_NONCE_SIZE; /* of zeros */
    }
    uint32_t model = (out->how & OTHER_MODEL) != 0 ? fuzz_u32(input) : FAKE_MODEL_ID;
    sn_message_init(&out->message, &header, model, content, (sn_bytes){0});
    if (out->key != NULL && (header.flags & SN_FLAG_AUTHENTICATED) != 0) {
        sn_message_tag(&out->message, link->port, out->key);
    }
    out->fragment_length = link->frames.fragment_length;
    if ((out->how & OTHER_LENGTH) != 0 || out->fragment_length == 0 || header.type == SN_FRAME_HELLO) {
        out->fragment_length = 100 + fuzz_byte(input) * 7u;
    }
    out->count = sn_message_fragments(&out->message, out->fragment_length);
}

static size_t write_fragment(fuzz_input *input, const outgoing *out, uint32_t index, bool wants_ack, uint8_t *to) {
    uint32_t length = sn_message_fragment(&out->message, out->fragment_length, (uint16_t)index, wants_ack, to);
    if (out->key != NULL && has_check(out->link, out->message.header.type)) {
        sn_check_put(out->link->port, out->key, to, length);
    }
    if ((out->how & BROKEN) != 0) {
        to[fuzz_u16(input) % length] ^= fuzz_byte(input);
    }
    return (out->how & CUT_SHORT) != 0 ? fuzz_u16(input) % (length + 1u) : length;
}

size_t fuzz_frame(fuzz_input *input, const fake_port *fake, uint8_t *to) {
    outgoing out;
    make(input, fake, &out);
    bool wants_ack = (out.message.header.flags & SN_FLAG_ACK_REQUESTED) != 0;
    if ((out.how & RAW_PIECE) == 0) {
        return write_fragment(input, &out, fuzz_byte(input) % out.count, wants_ack, to);
    }
    sn_header header = out.message.header;
    header.count = fuzz_u16(input);
    header.index = fuzz_u16(input);
    sn_header_pack(&header, to);
    sn_bytes piece = fuzz_bytes(input, 1500);
    memcpy(&to[SN_HEADER_SIZE], piece.data, piece.length);
    return SN_HEADER_SIZE + piece.length;
}

size_t fuzz_stream_frame(fuzz_input *input, const fake_port *fake, uint8_t *to) {
    outgoing out;
    make(input, fake, &out);
    out.fragment_length = FUZZ_FRAME;
    return write_fragment(input, &out, 0, false, to);
}

void fuzz_message(fuzz_input *input, fake_port *fake, uint64_t from) {
    uint8_t frame[FUZZ_FRAME];
    sn_source source = {.address = from, .rssi = -50};
    outgoing out;
    make(input, fake, &out);
    out.how &= (uint8_t)~(BROKEN | CUT_SHORT);
    uint16_t lost = fuzz_u16(input);
    for (uint32_t index = 0; index < out.count; index++) {
        if ((lost >> index % 16 & 1) == 0) {
            bool wants_ack = index % 8 == 7 || index + 1 == out.count;
            size_t length = write_fragment(input, &out, index, wants_ack && fake->via != SN_VIA_BLE, frame);
            fake->deadline = sn_node_on_receive(fake->node, fake->via, &source, frame, length);
            fuzz_look(fake);
        }
    }
}

size_t fuzz_hello(const fake_port *fake, bool is_stream, uint8_t *to) {
    const sn_link *link = &fake->node->link;
    uint8_t payload[16 + SN_NONCE_SIZE] = {0, SN_INT8};
    bool is_head = fake->slot[6] == SN_ROLE_HEAD;
    const sn_key *key = key_of(link, SN_FRAME_HELLO);
    payload[0] = is_head ? SN_ROLE_TAIL : SN_ROLE_HEAD;
    sn_put_u16(&payload[2], is_stream ? 0 : 250);
    sn_put_u32(&payload[4], FAKE_CROSSING);
    sn_put_u32(&payload[8], FAKE_CLASSES);
    sn_header header = {.type = SN_FRAME_HELLO, .message = 1, .count = 1};
    header.flags = (uint8_t)((is_head ? SN_FLAG_ANSWER : 0) | (key != NULL ? SN_FLAG_AUTHENTICATED : 0));
    header.session = is_head ? FAKE_SESSION : FAKE_PEER_SESSION;
    sn_message message;
    sn_message_init(&message, &header, FAKE_MODEL_ID, (sn_bytes){payload, key != NULL ? sizeof payload : 16},
                    (sn_bytes){0});
    if (key != NULL) {
        sn_message_tag(&message, link->port, key);
    }
    return is_stream ? sn_message_stream_read(&message, 0, to, 128) : sn_message_fragment(&message, 112, 0, false, to);
}
