/* SPDX-License-Identifier: MIT */
/* Keys, tags and checks, against the vectors that the Python implementation follows too. */
#include <string.h>

#include "fake_port.h"
#include "test.h"
#include "vectors.h"
#include "wire/auth.h"
#include "wire/message.h"
#include "wire/reassembly.h"

#define FRAME_MOST 1600u
#define PAYLOAD_MOST 2048u

static fake_port *fake;

static void take_key(const vector_row *row, size_t index, sn_key *key) {
    CHECK_UINT(vector_bytes(row, index, key->bytes, sizeof key->bytes), SN_KEY_SIZE);
}

static void take_nonce(const vector_row *row, size_t index, sn_nonce *nonce) {
    CHECK_UINT(vector_bytes(row, index, nonce->bytes, sizeof nonce->bytes), SN_NONCE_SIZE);
}

static void id_row(const vector_row *row) {
    sn_key key;
    take_key(row, 1, &key);
    CHECK_UINT(sn_key_id(&fake->port, &key), vector_number(row, 2));
}

static void keys_row(const vector_row *row) {
    sn_key key, expected, made;
    sn_nonce asking, answering;
    take_key(row, 1, &key);
    take_nonce(row, 3, &asking);
    take_nonce(row, 4, &answering);
    take_key(row, 5, &expected);
    sn_greeting_key(&fake->port, &key, vector_number(row, 2), &asking, &made);
    CHECK_BYTES(made.bytes, sizeof made.bytes, expected.bytes, sizeof expected.bytes);
    take_key(row, 6, &expected);
    sn_session_key(&fake->port, &key, vector_number(row, 2), &asking, &answering, &made);
    CHECK_BYTES(made.bytes, sizeof made.bytes, expected.bytes, sizeof expected.bytes);
}

/* The message is cut into these frames; and these frames, pushed, are the message. */
static void frames_row(const vector_row *row) {
    static uint8_t payload[PAYLOAD_MOST], memory[PAYLOAD_MOST], bitmap[64];
    sn_key key;
    sn_message message;
    sn_reassembly reassembly;
    take_key(row, 1, &key);
    uint8_t flags = (uint8_t)(vector_number(row, 3) | SN_FLAG_AUTHENTICATED);
    bool wants_ack = (flags & SN_FLAG_ACK_REQUESTED) != 0;
    sn_header header = {.type = (uint8_t)vector_number(row, 2),
                        .flags = (uint8_t)(flags & ~SN_FLAG_ACK_REQUESTED),
                        .session = vector_number(row, 4),
                        .message = vector_number(row, 5)};
    uint32_t length = vector_number(row, 7);
    uint32_t size = (uint32_t)vector_bytes(row, 8, payload, sizeof payload);
    sn_bytes halves[] = {{payload, size / 3}, {&payload[size / 3], size - size / 3}};
    sn_message_init(&message, &header, vector_number(row, 6), halves[0], halves[1]);
    sn_message_tag(&message, &fake->port, &key);
    sn_message_tag(&message, &fake->port, &key); /* a second one takes the place of the first */
    uint32_t count = sn_message_fragments(&message, length);
    CHECK_UINT(count, row->count - 9);
    CHECK_UINT(sn_message_stream_size(&message), SN_STREAM_LEAD + SN_BODY_OVERHEAD + size + SN_TAG_SIZE);
    sn_reassembly_init(&reassembly, memory, sizeof memory, bitmap, sizeof bitmap, length);
    sn_reassembly_expect_tags(&reassembly, &fake->port, &key);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t frame[FRAME_MOST], expected[FRAME_MOST];
        size_t expected_length = vector_bytes(row, 9 + i, expected, sizeof expected);
        uint32_t frame_length = sn_message_fragment(&message, length, (uint16_t)i, wants_ack, frame);
        bool is_sealed = header.type != SN_FRAME_HELLO;
        if (is_sealed) {
            sn_check_put(&fake->port, &key, frame, frame_length);
            CHECK(sn_check_verify(&fake->port, &key, header.session, expected, (uint32_t)expected_length));
            CHECK(!sn_check_verify(&fake->port, &key, header.session + 1, expected, (uint32_t)expected_length));
        }
        CHECK_BYTES(frame, frame_length, expected, expected_length);
        sn_header taken;
        CHECK(sn_header_unpack(&taken, frame, frame_length));
        taken.session = header.session;
        sn_fragment_state state =
            sn_reassembly_take(&reassembly, &taken, &frame[SN_HEADER_SIZE], frame_length - SN_HEADER_SIZE);
        CHECK_UINT(state, i + 1 < count ? SN_FRAGMENT_MORE : SN_FRAGMENT_COMPLETE);
    }
    CHECK_BYTES(reassembly.body.payload.data, reassembly.body.payload.length, payload, size);
}

static void row_of(const vector_row *row) {
    if (vector_is(row, 0, "id")) {
        id_row(row);
    } else if (vector_is(row, 0, "keys")) {
        keys_row(row);
    } else {
        CHECK(vector_is(row, 0, "frames"));
        frames_row(row);
    }
}

static void keys_tags_and_checks_are_those_of_the_vectors(void) {
    fake = fake_new();
    vectors_each("auth.txt", row_of);
    fake_free(fake);
}

/* A frame of one fragment, sealed and tagged. */
static uint32_t make_frame(const sn_key *key, uint8_t *frame) {
    static const uint8_t payload[] = "of thirteen";
    sn_header header = {.type = SN_FRAME_ECHO, .flags = SN_FLAG_AUTHENTICATED, .session = 7, .message = 9};
    sn_message message;
    sn_message_init(&message, &header, 3, (sn_bytes){payload, sizeof payload}, (sn_bytes){0});
    sn_message_tag(&message, &fake->port, key);
    uint32_t length = sn_message_fragment(&message, 100, 0, false, frame);
    sn_check_put(&fake->port, key, frame, length);
    return length;
}

static void no_bit_of_a_frame_can_be_changed(void) {
    static const sn_key key = {{1, 2, 3}};
    uint8_t frame[128];
    fake = fake_new();
    uint32_t length = make_frame(&key, frame);
    for (uint32_t bit = 0; bit < 8 * length; bit++) {
        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!sn_check_verify(&fake->port, &key, 7, frame, length));
        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(sn_check_verify(&fake->port, &key, 7, frame, length));
    CHECK(!sn_check_verify(&fake->port, &(sn_key){{1, 2, 4}}, 7, frame, length));
    fake_free(fake);
}

static void no_bit_that_counts_of_a_message_can_be_changed(void) {
    static const sn_key key = {{1, 2, 3}};
    uint8_t frame[128];
    sn_header header;
    fake = fake_new();
    uint32_t length = make_frame(&key, frame);
    for (uint32_t bit = 8 * 2; bit < 8 * length; bit++) {
        bool is_of_fragment = bit / 8 >= 12 && bit / 8 < SN_HEADER_SIZE; /* index and count */
        bool asks_for_ack = bit == 8 * 3 + 3;
        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (sn_header_unpack(&header, frame, length) && !is_of_fragment && !asks_for_ack) {
            header.session ^= (bit / 8 < 4 || bit / 8 > 7) ? header.session ^ 7u : header.session ^ 8u;
            uint32_t size = length - SN_HEADER_SIZE;
            CHECK(!sn_tag_verify(&fake->port, &key, &header, &frame[SN_HEADER_SIZE], &size));
        }
        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(sn_header_unpack(&header, frame, length));
    header.session = 7;
    header.flags |= SN_FLAG_ACK_REQUESTED;
    uint32_t size = length - SN_HEADER_SIZE;
    CHECK(sn_tag_verify(&fake->port, &key, &header, &frame[SN_HEADER_SIZE], &size));
    CHECK_UINT(size, length - SN_HEADER_SIZE - SN_TAG_SIZE);
    size = SN_TAG_SIZE - 1;
    CHECK(!sn_tag_verify(&fake->port, &key, &header, &frame[SN_HEADER_SIZE], &size));
    fake_free(fake);
}

static void a_message_whose_tag_is_wrong_is_forgotten(void) {
    static const sn_key key = {{1, 2, 3}}, other = {{1, 2, 4}};
    uint8_t frame[128], memory[128], bitmap[4];
    sn_reassembly reassembly;
    sn_header header;
    fake = fake_new();
    sn_reassembly_init(&reassembly, memory, sizeof memory, bitmap, sizeof bitmap, 100);
    for (int round = 0; round < 2; round++) {
        uint32_t length = make_frame(round == 0 ? &other : &key, frame);
        CHECK(sn_header_unpack(&header, frame, length));
        header.session = 7;
        sn_reassembly_expect_tags(&reassembly, &fake->port, &key);
        CHECK_UINT(sn_reassembly_take(&reassembly, &header, &frame[SN_HEADER_SIZE], length - SN_HEADER_SIZE),
                   round == 0 ? SN_FRAGMENT_FOREIGN : SN_FRAGMENT_COMPLETE);
        CHECK_UINT(sn_reassembly_is_of(&reassembly, &header), round == 1);
    }
    fake_free(fake);
}

static void a_hash_that_could_not_be_made_verifies_nothing(void) {
    static const sn_key key = {{1, 2, 3}};
    uint8_t frame[128];
    fake = fake_new();
    uint32_t length = make_frame(&key, frame);
    fake->hash_fails = true;
    CHECK(!sn_check_verify(&fake->port, &key, 7, frame, length));
    length = make_frame(&key, frame);
    CHECK(!sn_check_verify(&fake->port, &key, 7, frame, length));
    fake_free(fake);
}

static const test_case auth_cases[] = {
    TEST(keys_tags_and_checks_are_those_of_the_vectors),  TEST(no_bit_of_a_frame_can_be_changed),
    TEST(no_bit_that_counts_of_a_message_can_be_changed), TEST(a_message_whose_tag_is_wrong_is_forgotten),
    TEST(a_hash_that_could_not_be_made_verifies_nothing),
};
SUITE(auth, auth_cases);
