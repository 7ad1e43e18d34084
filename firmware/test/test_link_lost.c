/* SPDX-License-Identifier: MIT */
/* sn_link by itself: connections that end, or begin anew. */
#include "link_end.h"
#include "test.h"

static void a_lost_connection_is_told_with_what_it_means_for_an_answer(void) {
    link_pair_join(SN_VIA_TCP);
    link_pair_ask(SN_FRAME_DATA, 10);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    sn_link_on_change(&pair.head->link, SN_VIA_TCP, SN_ERR_WIFI, "gone", true);
    CHECK_TEXT(link_end_heard(pair.head), " lost wifi edge_lost");
    CHECK(!sn_link_is_up(&pair.head->link, SN_VIA_TCP));
    CHECK(sn_link_close(&pair.tail->link, SN_VIA_TCP));
    CHECK_TEXT(link_end_heard(pair.tail), " lost link_down link_down");
    link_pair_end();
}

static void over_ble_an_answer_that_is_owed_survives_the_connection(void) {
    link_pair_join(SN_VIA_BLE);
    link_pair_ask(SN_FRAME_DATA, 1000);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 1000");
    sn_link_on_change(&pair.head->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", true);
    sn_link_on_change(&pair.tail->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", false);
    CHECK_TEXT(link_end_heard(pair.head), " resumes edge_lost -");
    CHECK_TEXT(link_end_heard(pair.tail), " listens edge_lost -");
    CHECK_TEXT(pair.head->fake->link_host, "host"); /* the peer that it was opened to */
    sn_link_on_change(&pair.tail->link, SN_VIA_BLE, SN_OK, NULL, false);
    sn_link_on_change(&pair.head->link, SN_VIA_BLE, SN_OK, NULL, true);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.head), " again");
    CHECK_TEXT(link_end_heard(pair.tail), " up");
    sn_link_send(&pair.head->link, SN_FRAME_DATA, 0, 2, (sn_bytes){link_payload, 1000}, (sn_bytes){0});
    sn_link_go_on(&pair.head->link);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    CHECK_TEXT(link_end_heard(pair.tail), ""); /* it has that one */
    sn_link_send(&pair.tail->link, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2, (sn_bytes){link_payload, 500}, (sn_bytes){0});
    sn_link_go_on(&pair.tail->link);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.tail), " sent 2");
    CHECK_TEXT(link_end_heard(pair.head), " RESULT 2 of 500");
    link_pair_end();
}

static void without_an_answer_owed_a_connection_over_ble_is_lost(void) {
    link_pair_join(SN_VIA_BLE);
    sn_link_on_change(&pair.head->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", false);
    CHECK_TEXT(link_end_heard(pair.head), " lost edge_lost edge_lost");
    link_pair_end();
}

static void a_wish_to_write_ends_with_the_connection(void) {
    link_pair_join(SN_VIA_TCP);
    pair.head->fake->link_room = 10;
    link_pair_ask(SN_FRAME_DATA, 1000);
    sn_link_want(&pair.head->link);
    CHECK(sn_link_close(&pair.head->link, SN_VIA_TCP));
    CHECK_TEXT(link_end_heard(pair.head), " lost link_down link_down");
    CHECK(sn_link_close(&pair.tail->link, SN_VIA_TCP));
    CHECK_TEXT(link_end_heard(pair.tail), " lost link_down link_down");
    pair.head->fake->link_room = 5000;
    pair.head->fake->sent_read = pair.head->fake->sent_length;
    link_ends_join(pair.head, pair.tail, SN_VIA_TCP);
    sn_link_go_on(&pair.head->link);
    link_pair_end();
}

static void a_wish_to_write_waits_until_a_lost_connection_is_up_again(void) {
    link_pair_join(SN_VIA_BLE);
    sn_link_on_change(&pair.head->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", true);
    sn_link_want(&pair.head->link);
    sn_link_on_change(&pair.head->link, SN_VIA_BLE, SN_OK, NULL, true);
    CHECK_TEXT(link_end_heard(pair.head), " resumes edge_lost -");
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.head), " again writable");
    link_pair_end();
}

static void a_head_that_greets_once_more_is_no_news(void) {
    static const uint8_t hello[16] = {SN_ROLE_HEAD, SN_INT8, 250, 0, 0x40, 6, 0, 0, 19};
    uint8_t frame[64];
    sn_message greeting;
    link_pair_join(SN_VIA_UDP);
    sn_header header = {.type = SN_FRAME_HELLO, .session = FAKE_SESSION, .message = sn_link_new_id(&pair.head->link)};
    sn_message_init(&greeting, &header, FAKE_MODEL_ID, (sn_bytes){hello, sizeof hello}, (sn_bytes){0});
    uint32_t length = sn_message_fragment(&greeting, 234, 0, false, frame);
    sn_link_on_receive(&pair.tail->link, SN_VIA_UDP, &(sn_source){.address = 7}, frame, length);
    CHECK(sn_link_is_up(&pair.tail->link, SN_VIA_UDP));
    CHECK_UINT(pair.tail->link.counts.rx_messages, 2);
    link_pair_end();
}

static const test_case link_lost_cases[] = {
    TEST(a_lost_connection_is_told_with_what_it_means_for_an_answer),
    TEST(over_ble_an_answer_that_is_owed_survives_the_connection),
    TEST(without_an_answer_owed_a_connection_over_ble_is_lost),
    TEST(a_wish_to_write_ends_with_the_connection),
    TEST(a_wish_to_write_waits_until_a_lost_connection_is_up_again),
    TEST(a_head_that_greets_once_more_is_no_news),
};
SUITE(link_lost, link_lost_cases);
