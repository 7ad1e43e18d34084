/* SPDX-License-Identifier: MIT */
/* A node in role tail on a packet link, frame by frame. */
#include <string.h>

#include "crc.h"
#include "packets.h"
#include "test.h"

#define OTHER_SESSION 0x0DDBA11u
#define DATA_FRAGMENTS 7u /* of 234 bytes: 1,600 and 12 */
#define ACK SN_FLAG_ACK_REQUESTED

static sn_header header;
static sn_bytes body;
static uint8_t activation[FAKE_CROSSING];

static fake_port *tail_on(sn_via via) {
    for (uint32_t i = 0; i < sizeof activation; i++) {
        activation[i] = (uint8_t)(i * 3);
    }
    return packets_linked(SN_ROLE_TAIL, via);
}

static void put_data(fake_port *fake, uint32_t id, uint8_t flags, uint16_t index) {
    sn_header data = {.type = SN_FRAME_DATA, .flags = flags, .session = FAKE_PEER_SESSION, .message = id};
    packets_put(fake, &data, (sn_bytes){activation, sizeof activation}, index);
}

static void put_whole(fake_port *fake, uint32_t id) {
    bool is_ble = fake->via == SN_VIA_BLE;
    for (uint16_t i = 0; i < DATA_FRAGMENTS; i++) {
        put_data(fake, id, i == DATA_FRAGMENTS - 1 && !is_ble ? ACK : 0, i);
    }
}

static void expect_result(fake_port *fake, uint32_t id) {
    sn_bytes payload = packets_get_single(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, id);
    CHECK_UINT(payload.length, 72);
    CHECK_UINT(sn_get_u32(&payload.data[44]), sn_crc32(0, activation, sizeof activation));
}

static void each_copy_of_hello_is_answered_and_the_link_comes_up_once(void) {
    fake_port *fake = packets_open(SN_ROLE_TAIL, SN_VIA_UDP);
    fake_link(fake, SN_OK, NULL);
    CHECK(fake->deadline == SN_NO_DEADLINE); /* it waits for a head as long as it takes */
    for (uint32_t i = 0; i < 3; i++) {
        packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 1, 250);
        sn_bytes payload = packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 1);
        CHECK_UINT(payload.length, 16);
        CHECK_UINT(payload.data[0], SN_ROLE_TAIL);
        CHECK_UINT(sn_get_u16(&payload.data[2]), 1472);
        packets_expect_nothing(fake);
    }
    CHECK_TEXT(fake_line(fake), "! link via=udp state=up");
    CHECK(fake_line(fake) == NULL);
    fake_free(fake);
}

static void a_head_that_does_not_fit_is_told_so_in_one_frame(void) {
    fake_port *fake = packets_open(SN_ROLE_TAIL, SN_VIA_ESPNOW);
    fake_link(fake, SN_OK, NULL);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 1, 127);
    packets_expect_error(fake, 1, SN_ERR_MTU);
    packets_put_single(fake, SN_FRAME_HELLO, ACK, 2, (sn_bytes){activation, 15});
    packets_expect_error(fake, 2, SN_ERR_PROTOCOL);
    uint8_t hello[16] = {SN_ROLE_HEAD, SN_UINT8, 250, 0, 0x40, 6, 0, 0, FAKE_CLASSES};
    packets_put_single(fake, SN_FRAME_HELLO, ACK, 3, (sn_bytes){hello, 16});
    packets_expect_error(fake, 3, SN_ERR_MODEL_MISMATCH);
    hello[1] = SN_INT8;
    packets_put_single(fake, SN_FRAME_HELLO, ACK | SN_FLAG_AUTHENTICATED, 4, (sn_bytes){hello, 16});
    packets_expect_error(fake, 4, SN_ERR_UNSUPPORTED);
    CHECK(fake_line(fake) == NULL);
    packets_put_single(fake, SN_FRAME_HELLO, ACK, 5, (sn_bytes){hello, 16});
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=up");
    fake_free(fake);
    fake = packets_open(SN_ROLE_TAIL, SN_VIA_BLE);
    fake->frame_limit = 20;
    fake_link(fake, SN_OK, NULL);
    CHECK(strstr(fake_line(fake), "! link via=ble state=down code=mtu") != NULL);
    fake_free(fake);
}

static void an_activation_in_any_order_is_acknowledged_and_answered(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    put_data(fake, 2, ACK, 6);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 0, 0x20);
    put_data(fake, 2, 0, 0);
    put_data(fake, 2, 0, 0);
    put_data(fake, 2, 0, 2);
    put_data(fake, 2, ACK, 2);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 1, 0x11);
    put_data(fake, 2, 0, 1);
    put_data(fake, 2, 0, 4);
    put_data(fake, 2, 0, 5);
    packets_expect_nothing(fake);
    CHECK_UINT(fake->invoked, 0);
    put_data(fake, 2, 0, 3); /* nobody has asked, but it spares the head a probe */
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    CHECK_BYTES(fake->input, fake->input_length, activation, sizeof activation);
    CHECK_UINT(fake->invoked, 1);
    fake_finish_invoke(fake);
    expect_result(fake, 2);
    packets_expect_nothing(fake);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    CHECK_UINT(fake_count(fake, "infer_ok"), 1);
    CHECK_UINT(fake_count(fake, "rx_duplicate"), 2);
    CHECK_UINT(fake_count(fake, "rx_frames"), 10);
    fake_free(fake);
}

static void a_poll_is_answered_by_what_there_is_to_say(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    put_whole(fake, 5);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    packets_put_ack(fake, ACK, 5, 0, 0); /* not ready */
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    put_data(fake, 5, ACK, 6); /* a probe that came late */
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    fake_finish_invoke(fake);
    expect_result(fake, 5);
    put_data(fake, 5, ACK, 6);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    for (uint32_t i = 0; i < 3; i++) {
        packets_put_ack(fake, ACK, 5, 0, 0);
        expect_result(fake, 5);
    }
    packets_put_ack(fake, 0, 5, 1, 0);   /* it has come */
    packets_put_ack(fake, ACK, 5, 0, 0); /* an older poll */
    packets_put_ack(fake, ACK, 4, 0, 0); /* of a message that the head has left behind */
    packets_expect_nothing(fake);
    packets_put_ack(fake, ACK, 6, 0, 0); /* of one that never came */
    packets_expect_error(fake, 6, SN_ERR_EDGE_LOST);
    packets_put_ack(fake, 0, 6, 0, 0);
    packets_put_single(fake, SN_FRAME_ACK, ACK, 5, (sn_bytes){activation, 13});
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
    put_whole(fake, 2);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    put_data(fake, 3, ACK, 0); /* the head has given up on 2 */
    packets_expect_ack(fake, SN_FLAG_ANSWER, 3, 1, 0);
    put_data(fake, 2, ACK, 6);
    packets_expect_nothing(fake);
    put_whole(fake, 3);
    packets_expect_error(fake, 3, SN_ERR_BUSY);
    fake_finish_invoke(fake); /* of 2: nobody wants it */
    packets_expect_nothing(fake);
    put_whole(fake, 4);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 4, 7, 0);
    fake_finish_invoke(fake);
    expect_result(fake, 4);
    CHECK_UINT(fake->invoked, 2);
    fake_free(fake);
}

static void another_head_takes_the_place_of_an_idle_one_and_is_told_busy_by_one_at_work(void) {
    fake_port *fake = tail_on(SN_VIA_ESPNOW);
    put_whole(fake, 2);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    fake->address = 0x020000000009u;
    packets_put_hello(fake, ACK, OTHER_SESSION, 1, 250);
    packets_expect_error(fake, 1, SN_ERR_BUSY);
    fake->address = PEER_ADDRESS;
    fake_finish_invoke(fake);
    expect_result(fake, 2);
    fake->address = 0x020000000009u; /* it is answered where it is */
    packets_put_hello(fake, ACK, OTHER_SESSION, 1, 250);
    (void)packets_get(fake, &header, &body);
    CHECK_UINT(header.type, SN_FRAME_HELLO);
    CHECK_UINT(header.session, OTHER_SESSION);
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=down code=edge_lost msg=\"another head has greeted\"");
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=up");
    fake->address = PEER_ADDRESS;
    put_data(fake, 3, ACK, 6); /* of the one before */
    packets_expect_error(fake, 3, SN_ERR_EDGE_LOST);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 1, 250); /* a late copy of its HELLO */
    packets_expect_nothing(fake);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 4, 250); /* it wants to come back */
    (void)packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 4);
    CHECK(fake_line(fake) != NULL && fake_line(fake) != NULL);
    put_whole(fake, 5);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
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
    put_data(fake, 3, SN_FLAG_ANSWER, 0);
    packets_put_single(fake, SN_FRAME_RESULT, 0, 3, (sn_bytes){payload, 72});
    packets_put_single(fake, SN_FRAME_ECHO_REPLY, 0, 3, (sn_bytes){payload, 72});
    sn_header two = {.type = SN_FRAME_HELLO, .session = FAKE_PEER_SESSION, .message = 3};
    packets_put(fake, &two, (sn_bytes){payload, 300}, 1);
    packets_expect_nothing(fake);
    CHECK_UINT(fake_count(fake, "rx_bad_frame"), 5);
    packets_put_single(fake, SN_FRAME_DATA, ACK, 4, (sn_bytes){payload, 100});
    packets_expect_error(fake, 4, SN_ERR_TENSOR_SIZE);
    CHECK_TEXT(fake_ask(fake, "rtt via=udp size=1"),
               "err code=not_supported_in_role msg=\"role tail only answers: ask for it on the head\"");
    fake_free(fake);
}

static void a_tail_whose_driver_is_full_answers_later(void) {
    fake_port *fake = tail_on(SN_VIA_ESPNOW);
    fake->link_room = 0;
    put_whole(fake, 2);
    fake_finish_invoke(fake);
    packets_expect_nothing(fake);
    fake_take(fake, 1000);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    expect_result(fake, 2);
    packets_expect_nothing(fake);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void over_ble_the_same_head_may_come_back_for_its_answer(void) {
    for (uint32_t is_ready = 0; is_ready < 2; is_ready++) {
        fake_port *fake = tail_on(SN_VIA_BLE);
        put_data(fake, 2, 0, 0);
        put_whole(fake, 3);
        packets_expect_nothing(fake);
        fake_link(fake, SN_ERR_EDGE_LOST, "gone");
        CHECK_TEXT(fake_line(fake), "! link via=ble state=down code=edge_lost msg=gone");
        if (is_ready == 1) {
            fake_finish_invoke(fake);
        }
        CHECK_UINT(fake->link_opens, 2); /* it advertises again */
        fake_link(fake, SN_OK, NULL);
        packets_expect_nothing(fake);
        packets_put_hello(fake, 0, FAKE_PEER_SESSION, 4, PEER_LIMIT);
        (void)packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 4);
        CHECK_TEXT(fake_line(fake), "! link via=ble state=up");
        packets_expect_nothing(fake);
        put_whole(fake, 3);
        if (is_ready == 0) {
            packets_expect_nothing(fake);
            fake_finish_invoke(fake);
        }
        expect_result(fake, 3);
        packets_expect_nothing(fake);
        CHECK_UINT(fake->invoked, 1);
        fake_free(fake);
    }
}

static void over_ble_another_head_finds_nothing_of_the_one_before(void) {
    fake_port *fake = tail_on(SN_VIA_BLE);
    put_whole(fake, 3);
    fake_link(fake, SN_ERR_EDGE_LOST, "gone");
    CHECK(fake_line(fake) != NULL);
    fake_link(fake, SN_OK, NULL);
    packets_put_hello(fake, 0, OTHER_SESSION, 1, PEER_LIMIT);
    CHECK(packets_get(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_HELLO);
    CHECK_TEXT(fake_line(fake), "! link via=ble state=up");
    fake_finish_invoke(fake);
    packets_expect_nothing(fake);
    sn_header data = {.type = SN_FRAME_DATA, .session = OTHER_SESSION, .message = 3};
    for (uint16_t i = 0; i < DATA_FRAGMENTS; i++) {
        packets_put(fake, &data, (sn_bytes){activation, sizeof activation}, i);
    }
    CHECK_UINT(fake->invoked, 2);
    fake_free(fake);
}

static void a_tail_can_be_asked_to_listen_again_or_elsewhere(void) {
    fake_port *fake = packets_open(SN_ROLE_TAIL, SN_VIA_UDP);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=up"), "ok");
    fake_link(fake, SN_OK, NULL);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=up"), "ok");
    CHECK_UINT(fake->link_closes, 2);
    fake_link(fake, SN_OK, NULL);
    CHECK_TEXT(fake_ask(fake, "link via=ble state=down"), "ok"); /* not this one */
    CHECK_TEXT(fake_line(fake), "! link via=ble state=down code=link_down msg=\"the link was down already\"");
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 1, 250);
    CHECK_TEXT(fake_line(fake), "! link via=udp state=up");
    CHECK_TEXT(fake_ask(fake, "link via=ble state=up"), "ok");
    CHECK_UINT(fake->link_closes, 3);
    CHECK_UINT(fake->via, SN_VIA_BLE);
    fake_free(fake);
}

static void a_tail_that_no_longer_listens_answers_nobody(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=down"), "ok");
    CHECK(strstr(fake_line(fake), "state=down code=link_down") != NULL);
    CHECK_UINT(fake->link_closes, 1);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 9, 250);
    put_whole(fake, 10);
    packets_expect_nothing(fake);
    fake_free(fake);
}

static void a_tail_that_listens_anew_has_forgotten_its_answers(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    put_whole(fake, 2);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    fake_finish_invoke(fake);
    expect_result(fake, 2);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=down"), "ok");
    CHECK(fake_line(fake) != NULL);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=up"), "ok");
    fake_link(fake, SN_OK, NULL);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 3, 250);
    (void)packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 3);
    CHECK(fake_line(fake) != NULL);
    packets_put_ack(fake, ACK, 4, 0, 0);
    packets_expect_error(fake, 4, SN_ERR_EDGE_LOST);
    put_data(fake, 2, ACK, 0);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 1, 0);
    fake_free(fake);
}

static const test_case node_answering_cases[] = {
    TEST(each_copy_of_hello_is_answered_and_the_link_comes_up_once),
    TEST(a_head_that_does_not_fit_is_told_so_in_one_frame),
    TEST(an_activation_in_any_order_is_acknowledged_and_answered),
    TEST(a_poll_is_answered_by_what_there_is_to_say),
    TEST(a_long_answer_goes_out_in_windows_that_acks_move),
    TEST(a_new_message_takes_the_place_of_the_one_before),
    TEST(another_head_takes_the_place_of_an_idle_one_and_is_told_busy_by_one_at_work),
    TEST(what_does_not_fit_or_belong_is_refused_or_dropped),
    TEST(a_tail_whose_driver_is_full_answers_later),
    TEST(over_ble_the_same_head_may_come_back_for_its_answer),
    TEST(over_ble_another_head_finds_nothing_of_the_one_before),
    TEST(a_tail_can_be_asked_to_listen_again_or_elsewhere),
    TEST(a_tail_that_no_longer_listens_answers_nobody),
    TEST(a_tail_that_listens_anew_has_forgotten_its_answers),
};
SUITE(node_answering, node_answering_cases);
