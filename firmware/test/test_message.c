/* SPDX-License-Identifier: MIT */
/* Messages on their way out and in, whole and in fragments. */
#include <string.h>

#include "wire/message.h"
#include "wire/reassembly.h"
#include "wire/stream.h"
#include "test.h"
#include "vectors.h"

#define LIMIT 0x1000u

static uint8_t payload[8192];
static uint8_t expected[8192];
static uint8_t received[8192];
static uint8_t bitmap[8192];

static sn_message outgoing(const vector_row *row, uint32_t length) {
    sn_header header = {
        .type = (uint8_t)vector_number(row, 0),
        .flags = (uint8_t)vector_number(row, 1),
        .session = vector_number(row, 2),
        .message = vector_number(row, 3),
    };
    sn_message made;
    uint32_t first = length / 3; /* wherever the payload is divided, the message is the same */
    sn_message_init(&made, &header, vector_number(row, 4), (sn_bytes){payload, first},
                    (sn_bytes){&payload[first], length - first});
    return made;
}

static void message_row(const vector_row *row) {
    uint32_t fragment_length = vector_number(row, 5);
    uint32_t length = (uint32_t)vector_bytes(row, 6, payload, sizeof payload);
    sn_message made = outgoing(row, length);
    CHECK_UINT(sn_message_fragments(&made, fragment_length), row->count - 7);
    sn_reassembly joined;
    sn_reassembly_init(&joined, received, sizeof received, bitmap, sizeof bitmap, fragment_length);
    for (size_t i = 7; i < row->count; i++) {
        uint8_t frame[2048];
        size_t size = sn_message_fragment(&made, fragment_length, (uint16_t)(i - 7), false, frame);
        CHECK_BYTES(frame, size, expected, vector_bytes(row, i, expected, sizeof expected));
        bool is_last = i + 1 == row->count;
        CHECK_UINT(sn_reassembly_push(&joined, frame, size), is_last ? SN_FRAGMENT_COMPLETE : SN_FRAGMENT_MORE);
    }
    CHECK_UINT(joined.body.model_id, vector_number(row, 4));
    CHECK_BYTES(joined.body.payload.data, joined.body.payload.length, payload, length);
}

static void fragments_are_those_of_the_vectors_and_join_again(void) {
    vectors_each("message.txt", message_row);
}

static void stream_row(const vector_row *row) {
    if (vector_is(row, 0, "bad")) {
        return;
    }
    uint32_t length = (uint32_t)vector_bytes(row, 5, payload, sizeof payload);
    size_t size = vector_bytes(row, 6, expected, sizeof expected);
    sn_message made = outgoing(row, length);
    CHECK_UINT(sn_message_stream_size(&made), size);
    for (uint32_t piece = 1; piece < 1100; piece = piece * 3 + 1) {
        uint32_t at = 0;
        while (at < size) {
            uint32_t copied = sn_message_stream_read(&made, at, &received[at], piece);
            CHECK(copied == piece || at + copied == size);
            at += copied;
        }
        CHECK_BYTES(received, at, expected, size);
    }
}

static void a_stream_carries_what_the_vectors_say_whatever_the_pieces(void) {
    vectors_each("tcp.txt", stream_row);
}

static void a_message_with_too_many_fragments_is_refused(void) {
    sn_header header = {.type = SN_FRAME_DATA};
    sn_message made;
    sn_message_init(&made, &header, 1, (sn_bytes){payload, 8000}, (sn_bytes){0});
    made.body_size = 65535 * 2;
    CHECK_UINT(sn_message_fragments(&made, 2), 65535);
    CHECK_UINT(sn_message_fragments(&made, 1), 0);
    CHECK_UINT(sn_message_fragments(&made, 0), 0);
}

static void bad_body_row(const vector_row *row) {
    if (!vector_is(row, 0, "bad") || vector_is(row, 2, "prefix") || vector_is(row, 2, "count")) {
        return;
    }
    size_t size = vector_bytes(row, 1, expected, sizeof expected);
    sn_body body;
    CHECK(!sn_body_open(&body, &expected[SN_STREAM_LEAD], (uint32_t)(size - SN_STREAM_LEAD)));
}

static void a_body_with_a_wrong_length_or_crc_is_refused(void) {
    vectors_each("tcp.txt", bad_body_row);
    sn_body body;
    for (uint32_t size = 0; size < SN_BODY_OVERHEAD; size++) {
        CHECK(!sn_body_open(&body, expected, size));
    }
}

static void a_frame_that_asks_for_an_ack_differs_in_its_flag_alone(void) {
    sn_header header = {.type = SN_FRAME_DATA, .flags = SN_FLAG_WANT_OUTPUT, .message = 3};
    sn_message made;
    sn_message_init(&made, &header, 1, (sn_bytes){payload, 500}, (sn_bytes){0});
    uint8_t plain[SN_HEADER_SIZE + 100];
    uint8_t asking[SN_HEADER_SIZE + 100];
    uint32_t length = sn_message_fragment(&made, 100, 2, false, plain);
    CHECK_UINT(sn_message_fragment(&made, 100, 2, true, asking), length);
    CHECK_UINT(asking[3], SN_FLAG_WANT_OUTPUT | SN_FLAG_ACK_REQUESTED);
    asking[3] = SN_FLAG_WANT_OUTPUT;
    CHECK_BYTES(asking, length, plain, length);
}

static const test_case message_cases[] = {
    TEST(fragments_are_those_of_the_vectors_and_join_again),
    TEST(a_stream_carries_what_the_vectors_say_whatever_the_pieces),
    TEST(a_message_with_too_many_fragments_is_refused),
    TEST(a_body_with_a_wrong_length_or_crc_is_refused),
    TEST(a_frame_that_asks_for_an_ack_differs_in_its_flag_alone),
};
SUITE(message, message_cases);

static void split_row(const vector_row *row) {
    sn_stream incoming;
    sn_stream_init(&incoming, received, LIMIT);
    bool bad_prefix = vector_is(row, 0, "bad") && vector_is(row, 2, "prefix");
    size_t size = vector_bytes(row, vector_is(row, 0, "bad") ? 1 : 6, expected, sizeof expected);
    for (size_t piece = 1; piece < size + 2; piece = piece * 2 + 1) {
        sn_stream_init(&incoming, received, LIMIT);
        sn_stream_state state = SN_STREAM_MORE;
        size_t at = 0;
        while (at < size && state == SN_STREAM_MORE) {
            size_t taken = 0;
            state = sn_stream_push(&incoming, &expected[at], size - at < piece ? size - at : piece, &taken);
            at += taken;
        }
        CHECK_UINT(state, bad_prefix ? SN_STREAM_BAD : SN_STREAM_FRAME);
        if (!bad_prefix) {
            sn_bytes frame = sn_stream_frame(&incoming);
            CHECK_BYTES(frame.data, frame.length, &expected[4], size - 4);
        }
    }
}

static void frames_are_found_in_a_stream_cut_anywhere(void) {
    vectors_each("tcp.txt", split_row);
}

static void a_frame_of_exactly_the_capacity_is_taken_and_one_byte_more_is_not(void) {
    uint8_t prefix[4];
    for (uint32_t extra = 0; extra < 2; extra++) {
        sn_stream incoming;
        size_t taken = 0;
        sn_stream_init(&incoming, received, 100);
        sn_put_u32(prefix, 100 + extra);
        sn_stream_state state = sn_stream_push(&incoming, prefix, sizeof prefix, &taken);
        CHECK_UINT(state, extra == 0 ? SN_STREAM_MORE : SN_STREAM_BAD);
        CHECK_UINT(taken, 4);
        state = sn_stream_push(&incoming, expected, 200, &taken);
        CHECK_UINT(taken, extra == 0 ? 100 : 0);
        CHECK_UINT(state, extra == 0 ? SN_STREAM_FRAME : SN_STREAM_BAD);
        CHECK_UINT(sn_stream_push(&incoming, expected, 200, &taken), state);
        CHECK_UINT(taken, 0);
    }
}

static const test_case stream_cases[] = {
    TEST(frames_are_found_in_a_stream_cut_anywhere),
    TEST(a_frame_of_exactly_the_capacity_is_taken_and_one_byte_more_is_not),
};
SUITE(stream, stream_cases);
