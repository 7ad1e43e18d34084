/* SPDX-License-Identifier: MIT */
/* How a node in role tail answers on a packet link, frame by frame. */
#include <string.h>

#include "tail.h"
#include "test.h"

#define OTHER_SESSION 0x0DDBA11u
#define ACK SN_FLAG_ACK_REQUESTED

static sn_header header;
static sn_bytes body;

static void an_activation_in_any_order_is_acknowledged_and_answered(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    tail_put_data(fake, 2, ACK, 6);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 0, 0x20);
    tail_put_data(fake, 2, 0, 0);
    tail_put_data(fake, 2, 0, 0);
    tail_put_data(fake, 2, 0, 2);
    tail_put_data(fake, 2, ACK, 2);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 1, 0x11);
    tail_put_data(fake, 2, 0, 1);
    tail_put_data(fake, 2, 0, 4);
    tail_put_data(fake, 2, 0, 5);
    packets_expect_nothing(fake);
    CHECK_UINT(fake->invoked, 0);
    tail_put_data(fake, 2, 0, 3); /* nobody has asked, but it spares the head a probe */
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    CHECK_BYTES(fake->input, fake->input_length, tail_activation, sizeof tail_activation);
    CHECK_UINT(fake->invoked, 1);
    fake_finish_invoke(fake);
    tail_expect_result(fake, 2);
    packets_expect_nothing(fake);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    CHECK_UINT(fake_count(fake, "infer_ok"), 1);
    CHECK_UINT(fake_count(fake, "rx_duplicate"), 2);
    CHECK_UINT(fake_count(fake, "rx_frames"), 10);
    fake_free(fake);
}

static void a_poll_is_answered_by_what_there_is_to_say(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    tail_put_whole(fake, 5);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    packets_put_ack(fake, ACK, 5, 0, 0); /* not ready */
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    tail_put_data(fake, 5, ACK, 6); /* a probe that came late */
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    fake_finish_invoke(fake);
    tail_expect_result(fake, 5);
    tail_put_data(fake, 5, ACK, 6);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    for (uint32_t i = 0; i < 3; i++) {
        packets_put_ack(fake, ACK, 5, 0, 0);
        tail_expect_result(fake, 5);
    }
    packets_put_ack(fake, 0, 5, 1, 0);   /* it has come */
    packets_put_ack(fake, ACK, 5, 0, 0); /* an older poll */
    packets_put_ack(fake, ACK, 4, 0, 0); /* of a message that the head has left behind */
    packets_expect_nothing(fake);
    packets_put_ack(fake, ACK, 6, 0, 0); /* of one that never came */
    packets_expect_error(fake, 6, SN_ERR_EDGE_LOST);
    packets_put_ack(fake, 0, 6, 0, 0);
    packets_put_single(fake, SN_FRAME_ACK, ACK, 5, (sn_bytes){tail_activation, 13});
    packets_expect_nothing(fake);
    CHECK_UINT(fake_count(fake, "resent"), 3);
    CHECK_UINT(fake->invoked, 1);
    fake_free(fake);
}

static void a_long_answer_goes_out_in_windows_that_acks_move(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    static uint8_t payload[FAKE_RECEIVE - 12];
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(i * 5);
    }
    /* The head accepts 128 bytes: 112 in a fragment. */
    packets_put_hello(fake, ACK, OTHER_SESSION, 1, 128);
    CHECK(strstr(fake_line(fake), "code=edge_lost msg=\"another head has greeted\"") != NULL);
    CHECK_TEXT(fake_line(fake), "! link via=udp state=up");
    fake->sent_read = fake->sent_length;
    sn_message message;
    sn_header echo = {.type = SN_FRAME_ECHO, .session = OTHER_SESSION, .message = 2};
    sn_message_init(&message, &echo, 0, (sn_bytes){payload, sizeof payload}, (sn_bytes){0});
    uint32_t count = sn_message_fragments(&message, 112);
    CHECK_UINT(count, 37);
    sn_source from = {.address = PEER_ADDRESS};
    uint8_t frame[128];
    for (uint16_t i = 0; i < count; i++) {
        uint32_t length = sn_message_fragment(&message, 112, i, false, frame);
        fake->deadline = sn_node_on_receive(fake->node, SN_VIA_UDP, &from, frame, length);
    }
    for (uint32_t i = 0; i < 32; i++) {
        CHECK(packets_get(fake, &header, &body));
        CHECK_UINT(header.index, i);
        CHECK_UINT(header.flags, SN_FLAG_ANSWER | (i % 8 == 7 ? ACK : 0));
    }
    packets_expect_nothing(fake);
    sn_ack ack = {.base = 30};
    uint8_t bytes[SN_ACK_SIZE];
    sn_ack_pack(&ack, bytes);
    sn_header told = {.type = SN_FRAME_ACK, .session = OTHER_SESSION, .message = 2};
    packets_put(fake, &told, (sn_bytes){bytes, sizeof bytes}, 0);
    for (uint32_t i = 32; i < count; i++) {
        CHECK(packets_get(fake, &header, &body));
        CHECK_UINT(header.index, i);
        CHECK_UINT(header.flags, SN_FLAG_ANSWER); /* whether the last one comes is the asking side's concern */
    }
    packets_expect_nothing(fake);
    fake_free(fake);
}

static void a_new_message_takes_the_place_of_the_one_before(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    tail_put_whole(fake, 2);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    tail_put_data(fake, 3, ACK, 0); /* the head has given up on 2 */
    packets_expect_ack(fake, SN_FLAG_ANSWER, 3, 1, 0);
    tail_put_data(fake, 2, ACK, 6);
    packets_expect_nothing(fake);
    tail_put_whole(fake, 3);
    packets_expect_error(fake, 3, SN_ERR_BUSY);
    fake_finish_invoke(fake); /* of 2: nobody wants it */
    packets_expect_nothing(fake);
    tail_put_whole(fake, 4);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 4, 7, 0);
    fake_finish_invoke(fake);
    tail_expect_result(fake, 4);
    CHECK_UINT(fake->invoked, 2);
    fake_free(fake);
}

static void what_does_not_fit_or_belong_is_refused_or_dropped(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    sn_header large = {.type = SN_FRAME_DATA, .session = FAKE_PEER_SESSION, .message = 2};
    static uint8_t payload[FAKE_RECEIVE];
    packets_put(fake, &large, (sn_bytes){payload, sizeof payload}, 0);
    packets_expect_nothing(fake);
    packets_put(fake, &large, (sn_bytes){payload, sizeof payload}, 17);
    packets_expect_error(fake, 2, SN_ERR_TENSOR_SIZE);
    static uint8_t longer[FAKE_RECEIVE + 500]; /* its last fragment might never go out without an answer */
    large.flags = ACK;
    packets_put(fake, &large, (sn_bytes){longer, sizeof longer}, 7);
    packets_expect_error(fake, 2, SN_ERR_TENSOR_SIZE);
    tail_put_data(fake, 3, SN_FLAG_ANSWER, 0);
    packets_put_single(fake, SN_FRAME_RESULT, 0, 3, (sn_bytes){payload, 72});
    packets_put_single(fake, SN_FRAME_ECHO_REPLY, 0, 3, (sn_bytes){payload, 72});
    sn_header two = {.type = SN_FRAME_HELLO, .session = FAKE_PEER_SESSION, .message = 3};
    packets_put(fake, &two, (sn_bytes){payload, 300}, 1);
    packets_expect_nothing(fake);
    CHECK_UINT(fake_count(fake, "rx_bad_frame"), 6);
    packets_put_single(fake, SN_FRAME_DATA, ACK, 4, (sn_bytes){payload, 100});
    packets_expect_error(fake, 4, SN_ERR_TENSOR_SIZE);
    CHECK_TEXT(fake_ask(fake, "rtt via=udp size=1"),
               "err code=not_supported_in_role msg=\"role tail only answers: ask for it on the head\"");
    fake_free(fake);
}

static void a_tail_whose_driver_is_full_answers_later(void) {
    fake_port *fake = tail_on(SN_VIA_ESPNOW);
    fake->link_room = 0;
    tail_put_whole(fake, 2);
    fake_finish_invoke(fake);
    packets_expect_nothing(fake);
    fake_take(fake, 1000);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    tail_expect_result(fake, 2);
    packets_expect_nothing(fake);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void message_ids_may_wrap_around(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 0x7FFFFFFF, 250);
    (void)packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 0x7FFFFFFF);
    static const uint32_t ids[] = {0xFFFFFFFE, 0xFFFFFFFF, 0, 1};
    for (size_t i = 0; i < 4; i++) {
        tail_put_whole(fake, ids[i]);
        packets_expect_ack(fake, SN_FLAG_ANSWER, ids[i], 7, 0);
        fake_finish_invoke(fake);
        tail_expect_result(fake, ids[i]);
        packets_put_ack(fake, ACK, ids[i] - 1, 0, 0);
        packets_expect_nothing(fake);
    }
    CHECK_UINT(fake->invoked, 4);
    fake_free(fake);
}

static void a_damaged_message_is_answered_at_once_and_the_next_one_is_not_affected(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    for (uint16_t i = 0; i < TAIL_FRAGMENTS - 1; i++) {
        tail_put_data(fake, 2, 0, i);
    }
    tail_activation[0] ^= 1; /* the last fragment has the CRC of another message */
    tail_put_data(fake, 2, ACK, TAIL_FRAGMENTS - 1);
    packets_expect_error(fake, 2, SN_ERR_PROTOCOL);
    packets_put_ack(fake, ACK, 2, 0, 0);
    packets_expect_error(fake, 2, SN_ERR_PROTOCOL);
    tail_put_data(fake, 2, ACK, 3);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    CHECK_UINT(fake->invoked, 0);
    CHECK_UINT(fake_count(fake, "rx_bad_crc"), 1);
    tail_put_whole(fake, 3);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 3, 7, 0);
    CHECK_UINT(fake->invoked, 1);
    fake_free(fake);
}

static const test_case node_answering_cases[] = {
    TEST(an_activation_in_any_order_is_acknowledged_and_answered),
    TEST(a_poll_is_answered_by_what_there_is_to_say),
    TEST(a_long_answer_goes_out_in_windows_that_acks_move),
    TEST(a_new_message_takes_the_place_of_the_one_before),
    TEST(what_does_not_fit_or_belong_is_refused_or_dropped),
    TEST(a_tail_whose_driver_is_full_answers_later),
    TEST(message_ids_may_wrap_around),
    TEST(a_damaged_message_is_answered_at_once_and_the_next_one_is_not_affected),
};
SUITE(node_answering, node_answering_cases);
