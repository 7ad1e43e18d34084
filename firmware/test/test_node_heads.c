/* SPDX-License-Identifier: MIT */
/* Whom a node in role tail serves on a packet link. */
#include <string.h>

#include "tail.h"
#include "test.h"

#define OTHER_SESSION 0x0DDBA11u
#define ACK SN_FLAG_ACK_REQUESTED

static sn_header header;
static sn_bytes body;

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
    packets_put_single(fake, SN_FRAME_HELLO, ACK, 2, (sn_bytes){tail_activation, 15});
    packets_expect_error(fake, 2, SN_ERR_PROTOCOL);
    uint8_t hello[16] = {SN_ROLE_HEAD, SN_UINT8, 250, 0, 0x40, 6, 0, 0, FAKE_CLASSES};
    packets_put_single(fake, SN_FRAME_HELLO, ACK, 3, (sn_bytes){hello, 16});
    packets_expect_error(fake, 3, SN_ERR_MODEL_MISMATCH);
    hello[1] = SN_INT8;
    packets_put_single(fake, SN_FRAME_HELLO, ACK | SN_FLAG_AUTHENTICATED, 4, (sn_bytes){hello, 16});
    packets_expect_error(fake, 4, SN_ERR_AUTH);
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

static void another_head_takes_the_place_of_an_idle_one_and_is_told_busy_by_one_at_work(void) {
    fake_port *fake = tail_on(SN_VIA_ESPNOW);
    tail_put_whole(fake, 2);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    fake->address = 0x020000000009u;
    packets_put_hello(fake, ACK, OTHER_SESSION, 1, 250);
    packets_expect_error(fake, 1, SN_ERR_BUSY);
    fake->address = PEER_ADDRESS;
    fake_finish_invoke(fake);
    tail_expect_result(fake, 2);
    fake->address = 0x020000000009u; /* it is answered where it is */
    packets_put_hello(fake, ACK, OTHER_SESSION, 1, 250);
    (void)packets_get(fake, &header, &body);
    CHECK_UINT(header.type, SN_FRAME_HELLO);
    CHECK_UINT(header.session, OTHER_SESSION);
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=down code=edge_lost msg=\"another head has greeted\"");
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=up");
    fake->address = PEER_ADDRESS;
    tail_put_data(fake, 3, 0, 6); /* of the one before */
    packets_expect_nothing(fake);
    tail_put_data(fake, 3, ACK, 6);
    packets_expect_error(fake, 3, SN_ERR_EDGE_LOST);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 1, 250); /* a late copy of its HELLO */
    packets_expect_nothing(fake);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 4, 250); /* it wants to come back */
    (void)packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 4);
    CHECK(fake_line(fake) != NULL && fake_line(fake) != NULL);
    tail_put_whole(fake, 5);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 5, 7, 0);
    fake_free(fake);
}

static void a_driver_that_is_full_stays_so_when_another_head_greets(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    fake->link_room = 0;
    tail_put_data(fake, 2, ACK, 0);
    fake->link_room = 1000; /* but it has not said so */
    packets_put_hello(fake, ACK, OTHER_SESSION, 1, 250);
    CHECK(strstr(fake_line(fake), "another head has greeted") != NULL);
    CHECK_TEXT(fake_line(fake), "! link via=udp state=up");
    packets_expect_nothing(fake);
    fake_take(fake, 1000);
    CHECK(packets_get(fake, &header, &body));
    CHECK_UINT(header.session, OTHER_SESSION);
    packets_expect_nothing(fake);
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
    tail_put_whole(fake, 10);
    packets_expect_nothing(fake);
    fake_free(fake);
}

static void a_tail_lets_go_of_a_radio_that_fails(void) {
    static const sn_via radios[] = {SN_VIA_ESPNOW, SN_VIA_BLE};
    for (size_t i = 0; i < 2; i++) {
        fake_port *fake = packets_open(SN_ROLE_TAIL, radios[i]);
        fake_link(fake, SN_ERR_RADIO, "no memory");
        CHECK(strstr(fake_line(fake), "state=down code=radio msg=\"no memory\"") != NULL);
        CHECK_UINT(fake->link_closes, 1);
        CHECK_UINT(fake->link_opens, 1);
        fake_free(fake);
    }
}

static void a_tail_that_listens_anew_has_forgotten_its_answers(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    tail_put_whole(fake, 2);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 2, 7, 0);
    fake_finish_invoke(fake);
    tail_expect_result(fake, 2);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=down"), "ok");
    CHECK(fake_line(fake) != NULL);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=up"), "ok");
    fake_link(fake, SN_OK, NULL);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 3, 250);
    (void)packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 3);
    CHECK(fake_line(fake) != NULL);
    packets_put_ack(fake, ACK, 4, 0, 0);
    packets_expect_error(fake, 4, SN_ERR_EDGE_LOST);
    tail_put_data(fake, 2, ACK, 0); /* older than its HELLO */
    packets_expect_nothing(fake);
    tail_put_data(fake, 4, ACK, 0);
    packets_expect_ack(fake, SN_FLAG_ANSWER, 4, 1, 0);
    fake_free(fake);
}

static void what_is_older_than_the_latest_hello_changes_nothing(void) {
    fake_port *fake = tail_on(SN_VIA_UDP);
    for (uint16_t i = 0; i < TAIL_FRAGMENTS - 1; i++) {
        tail_put_data(fake, 2, 0, i);
    }
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 3, 250); /* the head has opened its link again */
    (void)packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 3);
    tail_put_data(fake, 2, ACK, TAIL_FRAGMENTS - 1);
    packets_put_hello(fake, ACK, FAKE_PEER_SESSION, 1, 250);
    packets_expect_nothing(fake);
    CHECK_UINT(fake->invoked, 0);
    CHECK_UINT(fake_count(fake, "rx_duplicate"), 2);
    fake_free(fake);
}

static void over_ble_the_same_head_may_come_back_for_its_answer(void) {
    for (uint32_t is_ready = 0; is_ready < 2; is_ready++) {
        fake_port *fake = tail_on(SN_VIA_BLE);
        tail_put_data(fake, 2, 0, 0);
        tail_put_whole(fake, 3);
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
        tail_put_whole(fake, 3);
        if (is_ready == 0) {
            packets_expect_nothing(fake);
            fake_finish_invoke(fake);
        }
        tail_expect_result(fake, 3);
        packets_expect_nothing(fake);
        CHECK_UINT(fake->invoked, 1);
        fake_free(fake);
    }
}

static void over_ble_another_head_finds_nothing_of_the_one_before(void) {
    fake_port *fake = tail_on(SN_VIA_BLE);
    tail_put_whole(fake, 3);
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
    for (uint16_t i = 0; i < TAIL_FRAGMENTS; i++) {
        packets_put(fake, &data, (sn_bytes){tail_activation, sizeof tail_activation}, i);
    }
    CHECK_UINT(fake->invoked, 2);
    fake_free(fake);
}

static const test_case node_heads_cases[] = {
    TEST(each_copy_of_hello_is_answered_and_the_link_comes_up_once),
    TEST(a_head_that_does_not_fit_is_told_so_in_one_frame),
    TEST(another_head_takes_the_place_of_an_idle_one_and_is_told_busy_by_one_at_work),
    TEST(a_driver_that_is_full_stays_so_when_another_head_greets),
    TEST(a_tail_can_be_asked_to_listen_again_or_elsewhere),
    TEST(a_tail_that_no_longer_listens_answers_nobody),
    TEST(a_tail_lets_go_of_a_radio_that_fails),
    TEST(a_tail_that_listens_anew_has_forgotten_its_answers),
    TEST(what_is_older_than_the_latest_hello_changes_nothing),
    TEST(over_ble_the_same_head_may_come_back_for_its_answer),
    TEST(over_ble_another_head_finds_nothing_of_the_one_before),
};
SUITE(node_heads, node_heads_cases);
