/* SPDX-License-Identifier: MIT */
/* A message put together from its fragments. */
#include <string.h>

#include "wire/message.h"
#include "wire/reassembly.h"
#include "test.h"

static uint8_t payload[8192];
static uint8_t received[8192];
static uint8_t bitmap[8192];

/* A message of 1,000 bytes in 11 fragments of 100. */
#define PIECES 11
#define PIECE 100u

static uint8_t frames[PIECES][SN_HEADER_SIZE + PIECE];
static size_t frame_sizes[PIECES];

static void make_frames(uint32_t id, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        payload[i] = (uint8_t)(i * 31 + id);
    }
    sn_header header = {.type = SN_FRAME_DATA, .session = 5, .message = id};
    sn_message made;
    sn_message_init(&made, &header, 9, (sn_bytes){payload, size}, (sn_bytes){0});
    for (uint16_t i = 0; i < sn_message_fragments(&made, PIECE); i++) {
        frame_sizes[i] = sn_message_fragment(&made, PIECE, i, false, frames[i]);
    }
}

static sn_reassembly joining(void) {
    sn_reassembly joined;
    sn_reassembly_init(&joined, received, 1088, bitmap, 2, PIECE);
    make_frames(1, 1000);
    return joined;
}

static sn_fragment_state push(sn_reassembly *joined, size_t index) {
    return sn_reassembly_push(joined, frames[index], frame_sizes[index]);
}

static void fragments_join_in_any_order(void) {
    uint32_t seed = 3;
    for (int round = 0; round < 50; round++) {
        size_t order[PIECES];
        for (size_t i = 0; i < PIECES; i++) {
            size_t other = test_random(&seed) % (i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        sn_reassembly joined = joining();
        for (size_t i = 0; i + 1 < PIECES; i++) {
            CHECK_UINT(push(&joined, order[i]), SN_FRAGMENT_MORE);
            CHECK_UINT(push(&joined, order[i]), SN_FRAGMENT_DUPLICATE);
        }
        CHECK_UINT(push(&joined, order[PIECES - 1]), SN_FRAGMENT_COMPLETE);
        CHECK_BYTES(joined.body.payload.data, joined.body.payload.length, payload, 1000);
        CHECK_UINT(push(&joined, order[0]), SN_FRAGMENT_DUPLICATE);
    }
}

static void a_newer_message_replaces_the_present_one_and_an_older_one_does_not(void) {
    sn_reassembly joined = joining();
    make_frames(7, 1000);
    CHECK_UINT(push(&joined, 3), SN_FRAGMENT_MORE);
    make_frames(8, 50);
    CHECK_UINT(push(&joined, 0), SN_FRAGMENT_COMPLETE);
    make_frames(7, 1000);
    CHECK_UINT(push(&joined, 4), SN_FRAGMENT_DUPLICATE);
    CHECK_UINT(joined.header.message, 8);
}

static void a_damaged_message_is_told_once_and_copies_of_its_fragments_change_nothing(void) {
    sn_reassembly joined = joining();
    frames[4][50] ^= 1;
    for (size_t i = 0; i + 1 < PIECES; i++) {
        CHECK_UINT(push(&joined, i), SN_FRAGMENT_MORE);
    }
    CHECK_UINT(push(&joined, PIECES - 1), SN_FRAGMENT_BAD_BODY);
    for (size_t i = 0; i < PIECES; i++) {
        CHECK_UINT(push(&joined, i), SN_FRAGMENT_DUPLICATE);
    }
    make_frames(8, 50);
    CHECK_UINT(push(&joined, 0), SN_FRAGMENT_COMPLETE);
}

static void fragments_of_a_wrong_length_or_count_are_dropped(void) {
    sn_reassembly joined = joining();
    CHECK_UINT(sn_reassembly_push(&joined, frames[2], frame_sizes[2] - 1), SN_FRAGMENT_BAD);
    CHECK_UINT(sn_reassembly_push(&joined, frames[2], SN_HEADER_SIZE), SN_FRAGMENT_BAD);
    CHECK_UINT(sn_reassembly_push(&joined, frames[2], 7), SN_FRAGMENT_BAD);
    uint8_t longer[SN_HEADER_SIZE + PIECE + 1] = {0};
    memcpy(longer, frames[10], frame_sizes[10]);
    CHECK_UINT(sn_reassembly_push(&joined, longer, sizeof longer), SN_FRAGMENT_BAD);
    CHECK_UINT(push(&joined, 0), SN_FRAGMENT_MORE);
    sn_put_u16(&frames[1][14], 10); /* the first said 11 */
    CHECK_UINT(push(&joined, 1), SN_FRAGMENT_BAD);
}

static void what_does_not_fit_is_refused_before_anything_is_written(void) {
    sn_reassembly joined = joining();
    joined.capacity = 1000;
    CHECK_UINT(push(&joined, 0), SN_FRAGMENT_TOO_LARGE);
    joined = joining();
    sn_put_u16(&frames[0][14], 17); /* the bitmap has 16 bits */
    CHECK_UINT(push(&joined, 0), SN_FRAGMENT_TOO_LARGE);
}

static void the_largest_count_needs_no_more_than_8_kb_of_bitmap(void) {
    static uint8_t all_bits[8192];
    static uint8_t body[65535];
    sn_reassembly joined;
    sn_reassembly_init(&joined, body, sizeof body, all_bits, sizeof all_bits, 1);
    uint8_t frame[SN_HEADER_SIZE + 1] = {0};
    sn_header header = {.type = SN_FRAME_DATA, .message = 1, .index = 65534, .count = 65535};
    sn_header_pack(&header, frame);
    CHECK_UINT(sn_reassembly_push(&joined, frame, sizeof frame), SN_FRAGMENT_MORE);
    CHECK_UINT(all_bits[8191], 0x40);
}

static void what_has_come_is_told_as_base_and_window(void) {
    sn_reassembly joined = joining();
    CHECK_UINT(sn_reassembly_ack(&joined).base, 0);
    CHECK_UINT(sn_reassembly_ack(&joined).window, 0);
    push(&joined, 0);
    push(&joined, 1);
    push(&joined, 4);
    push(&joined, 10);
    CHECK_UINT(sn_reassembly_ack(&joined).base, 2);
    CHECK_UINT(sn_reassembly_ack(&joined).window, 1u << 1 | 1u << 7);
    push(&joined, 2);
    push(&joined, 3);
    CHECK_UINT(sn_reassembly_ack(&joined).base, 5);
    for (size_t i = 5; i < PIECES; i++) {
        push(&joined, i);
    }
    CHECK_UINT(sn_reassembly_ack(&joined).base, PIECES);
    CHECK_UINT(sn_reassembly_ack(&joined).window, 0);
}

static void a_window_has_64_bits(void) {
    static uint8_t all_bits[16];
    static uint8_t body[100];
    uint8_t frame[SN_HEADER_SIZE + 1] = {0};
    sn_reassembly joined;
    sn_reassembly_init(&joined, body, sizeof body, all_bits, sizeof all_bits, 1);
    for (uint16_t index = 0; index < 80; index++) {
        sn_header header = {.type = SN_FRAME_DATA, .index = index, .count = 100};
        sn_header_pack(&header, frame);
        if (index != 3 && index != 7) {
            sn_reassembly_push(&joined, frame, sizeof frame);
        }
    }
    CHECK_UINT(sn_reassembly_ack(&joined).base, 3);
    CHECK_UINT(sn_reassembly_ack(&joined).window, UINT64_MAX ^ 1u << 3);
}

static void the_flag_that_asks_for_an_ack_is_a_frames_and_not_the_messages(void) {
    sn_reassembly joined = joining();
    for (size_t i = 0; i < PIECES; i++) {
        frames[i][3] = i % 3 == 0 ? SN_FLAG_ACK_REQUESTED : 0;
        CHECK_UINT(push(&joined, i), i + 1 < PIECES ? SN_FRAGMENT_MORE : SN_FRAGMENT_COMPLETE);
    }
    CHECK_UINT(joined.header.flags, 0);
}

static void a_frame_is_of_the_present_message_or_not(void) {
    sn_reassembly joined = joining();
    sn_header header;
    CHECK(sn_header_unpack(&header, frames[0], frame_sizes[0]));
    CHECK(!sn_reassembly_is_of(&joined, &header));
    push(&joined, 0);
    CHECK(sn_reassembly_is_of(&joined, &header));
    header.index = 5;
    header.flags = SN_FLAG_ACK_REQUESTED;
    CHECK(sn_reassembly_is_of(&joined, &header));
    header.message = 2;
    CHECK(!sn_reassembly_is_of(&joined, &header));
    header.message = 1;
    header.session = 4;
    CHECK(!sn_reassembly_is_of(&joined, &header));
}

static void an_older_message_of_another_type_is_older_all_the_same(void) {
    sn_reassembly joined = joining();
    push(&joined, 0);
    sn_header header = {.type = SN_FRAME_ECHO, .session = 5, .message = 0, .count = PIECES};
    sn_header_pack(&header, frames[0]);
    CHECK_UINT(push(&joined, 0), SN_FRAGMENT_DUPLICATE);
    CHECK_UINT(joined.header.type, SN_FRAME_DATA);
}

static void once_it_has_forgotten_an_older_message_may_come(void) {
    sn_reassembly joined = joining();
    make_frames(8, 50);
    CHECK_UINT(push(&joined, 0), SN_FRAGMENT_COMPLETE);
    sn_reassembly_forget(&joined);
    CHECK_UINT(sn_reassembly_ack(&joined).base, 0);
    make_frames(7, 50);
    CHECK_UINT(push(&joined, 0), SN_FRAGMENT_COMPLETE);
}

static const test_case reassembly_cases[] = {
    TEST(fragments_join_in_any_order),
    TEST(a_newer_message_replaces_the_present_one_and_an_older_one_does_not),
    TEST(a_damaged_message_is_told_once_and_copies_of_its_fragments_change_nothing),
    TEST(fragments_of_a_wrong_length_or_count_are_dropped),
    TEST(what_does_not_fit_is_refused_before_anything_is_written),
    TEST(the_largest_count_needs_no_more_than_8_kb_of_bitmap),
    TEST(what_has_come_is_told_as_base_and_window),
    TEST(a_window_has_64_bits),
    TEST(the_flag_that_asks_for_an_ack_is_a_frames_and_not_the_messages),
    TEST(a_frame_is_of_the_present_message_or_not),
    TEST(an_older_message_of_another_type_is_older_all_the_same),
    TEST(once_it_has_forgotten_an_older_message_may_come),
};
SUITE(reassembly, reassembly_cases);
