/* SPDX-License-Identifier: MIT */
/* sn_link by itself: no node, no console, no model. */
#include <stdlib.h>
#include <string.h>

#include "link_end.h"
#include "test.h"

static const sn_via vias[] = {SN_VIA_TCP, SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
#define VIAS (sizeof vias / sizeof vias[0])

static void a_message_and_its_answer_are_carried_over_every_link(void) {
    for (size_t i = 0; i < VIAS; i++) {
        link_pair_join(vias[i]);
        pair.tail->answers = true;
        CHECK_UINT(link_pair_ask(SN_FRAME_DATA, sizeof link_payload), 2);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 3000 sent 2");
        CHECK_TEXT(link_end_heard(pair.head), " sent 2 RESULT 2 of 3000");
        CHECK_UINT(pair.head->link.counts.rx_messages, 2);
        CHECK_UINT(sn_link_deadline(&pair.tail->link), UINT64_MAX);
        link_pair_end();
    }
}

static void what_is_lost_on_the_way_is_sent_again_and_delivered_once(void) {
    for (size_t i = 1; i < 3; i++) { /* UDP and ESP-NOW */
        link_pair_join(vias[i]);
        pair.tail->answers = true;
        pair.head->lose = 4;
        pair.tail->lose = 3;
        link_pair_ask(SN_FRAME_ECHO, sizeof link_payload);
        link_ends_pass(pair.head, pair.tail, 5000000);
        CHECK_TEXT(link_end_heard(pair.tail), " ECHO 2 of 3000");
        CHECK_TEXT(link_end_heard(pair.head), " sent 2 ECHO_REPLY 2 of 3000");
        CHECK(pair.head->link.counts.resent != 0 && pair.tail->link.counts.resent != 0);
        CHECK_UINT(pair.head->link.cost.frames, pair.head->link.counts.tx_frames);
        link_pair_end();
    }
}

static void ends_of_different_models_do_not_come_together(void) {
    for (size_t i = 0; i < VIAS; i++) {
        sn_reason why;
        link_pair_make();
        pair.tail->link.greeting.model_id++;
        CHECK_UINT(sn_link_open(&pair.head->link, vias[i], "host", 1, &why), SN_OK);
        CHECK_UINT(sn_link_open(&pair.tail->link, vias[i], "", 1, &why), SN_OK);
        sn_link_on_change(&pair.tail->link, vias[i], SN_OK, NULL, false);
        sn_link_on_change(&pair.head->link, vias[i], SN_OK, NULL, false);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.head), " lost model_mismatch model_mismatch");
        CHECK(!sn_link_is_up(&pair.tail->link, vias[i]));
        link_pair_end();
    }
}

static void a_link_that_does_not_come_up_is_given_up_in_time(void) {
    sn_reason why;
    link_pair_make();
    CHECK_UINT(sn_link_open(&pair.head->link, SN_VIA_TCP, "edge", 4000, &why), SN_OK);
    CHECK_TEXT(pair.head->fake->link_host, "edge");
    CHECK_UINT(pair.head->fake->link_port, 4000);
    CHECK_UINT(sn_link_deadline(&pair.head->link), SN_LINK_PATIENCE_US);
    CHECK_UINT(sn_link_open(&pair.head->link, SN_VIA_TCP, "edge", 4000, &why), SN_ERR_BUSY);
    sn_link_on_timer(&pair.head->link, SN_LINK_PATIENCE_US);
    CHECK_TEXT(link_end_heard(pair.head), " lost edge_unreachable edge_unreachable");
    CHECK_UINT(pair.head->fake->link_closes, 1);
    CHECK_UINT(sn_link_deadline(&pair.head->link), UINT64_MAX);
    link_pair_end();
}

static void what_cannot_be_opened_is_refused(void) {
    char name[SN_LINK_HOST + 1];
    sn_reason why;
    link_pair_make();
    memset(name, 'x', SN_LINK_HOST);
    name[SN_LINK_HOST] = '\0';
    CHECK_UINT(sn_link_open(&pair.head->link, SN_VIA_TCP, name, 1, &why), SN_ERR_BAD_ARGUMENT);
    CHECK_UINT(pair.head->fake->link_opens, 0);
    pair.head->fake->link_fails = SN_ERR_UNSUPPORTED;
    CHECK_UINT(sn_link_open(&pair.head->link, SN_VIA_BLE, "", 0, &why), SN_ERR_UNSUPPORTED);
    CHECK_TEXT(why.text, "this firmware has no link of that kind");
    CHECK(!sn_link_close(&pair.head->link, SN_VIA_BLE));
    link_pair_end();
}

static void a_link_that_was_not_introduced_takes_nobody(void) {
    link_end *nobody = link_end_new(SN_ROLE_NONE);
    sn_link_on_change(&nobody->link, SN_VIA_TCP, SN_OK, NULL, false);
    CHECK_UINT(nobody->fake->link_closes, 1);
    CHECK_TEXT(link_end_heard(nobody), "");
    link_end_free(nobody);
}

static void the_owner_is_asked_to_write_once_the_way_is_free(void) {
    link_pair_join(SN_VIA_TCP);
    pair.head->fake->link_room = 100;
    link_pair_ask(SN_FRAME_DATA, 1000);
    sn_link_want(&pair.head->link);
    sn_link_go_on(&pair.head->link);
    CHECK(!sn_link_is_free(&pair.head->link));
    CHECK_UINT(sn_link_is_sending(&pair.head->link), SN_FRAME_DATA);
    CHECK_TEXT(link_end_heard(pair.head), "");
    pair.head->fake->link_room = 5000;
    sn_link_on_writable(&pair.head->link, SN_VIA_TCP);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2 writable");
    CHECK(sn_link_is_free(&pair.head->link));
    sn_link_go_on(&pair.head->link);
    CHECK_TEXT(link_end_heard(pair.head), "");
    link_pair_end();
}

static void an_error_of_the_peer_ends_a_request(void) {
    for (size_t i = 0; i < VIAS; i++) {
        link_pair_join(vias[i]);
        link_pair_ask(SN_FRAME_DATA, 100);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 100");
        sn_link_send_error(&pair.tail->link, 2, SN_ERR_BUSY, "not now");
        sn_link_go_on(&pair.tail->link);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.head), " sent 2 busy 2");
        link_pair_end();
    }
}

static void a_peer_that_does_not_answer_ends_a_request_unless_it_is_given_up(void) {
    for (int gives_up = 0; gives_up < 2; gives_up++) {
        link_pair_join(SN_VIA_UDP);
        pair.tail->lose = 1;
        link_pair_ask(SN_FRAME_DATA, 100);
        CHECK_TEXT(link_end_heard(pair.head), " sent 2");
        if (gives_up != 0) {
            sn_link_give_up(&pair.head->link);
            CHECK_UINT(sn_link_deadline(&pair.head->link), UINT64_MAX);
        }
        link_ends_pass(pair.head, pair.tail, 30000000);
        CHECK_TEXT(link_end_heard(pair.head), gives_up != 0 ? "" : " edge_timeout 2");
        CHECK(sn_link_is_up(&pair.head->link, SN_VIA_UDP));
        CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 100");
        link_pair_end();
    }
}

static void an_answer_that_nobody_wants_any_more_is_told_by_its_id(void) {
    link_pair_join(SN_VIA_UDP);
    link_pair_ask(SN_FRAME_DATA, 100);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 100");
    sn_link_give_up(&pair.head->link);
    link_pair_ask(SN_FRAME_DATA, 200);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.tail), " edge_lost 2 DATA 3 of 200");
    CHECK_TEXT(link_end_heard(pair.head), " sent 2 sent 3");
    link_pair_end();
}

static void a_message_that_the_owner_does_not_take_counts_as_a_bad_frame(void) {
    link_pair_join(SN_VIA_TCP);
    pair.tail->is_awaiting = false;
    link_pair_ask(SN_FRAME_DATA, 100);
    link_ends_flow(pair.head, pair.tail);
    CHECK_UINT(pair.tail->link.counts.rx_bad_frame, 1);
    CHECK_UINT(pair.tail->link.counts.rx_messages, 2);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    link_pair_end();
}

static void events_of_another_link_are_none_of_its_own(void) {
    link_pair_join(SN_VIA_TCP);
    sn_link_on_receive(&pair.head->link, SN_VIA_UDP, &(sn_source){0}, link_payload, 100);
    sn_link_on_writable(&pair.head->link, SN_VIA_UDP);
    sn_link_on_change(&pair.head->link, SN_VIA_UDP, SN_ERR_EDGE_LOST, "elsewhere", false);
    CHECK_UINT(pair.head->link.counts.rx_frames, 1);
    CHECK(sn_link_is_up(&pair.head->link, SN_VIA_TCP));
    link_pair_end();
}

static void what_is_given_up_over_ble_has_no_deadline(void) {
    link_pair_join(SN_VIA_BLE);
    pair.head->fake->link_room = 300;
    link_pair_ask(SN_FRAME_DATA, 1000);
    pair.head->fake->link_room = 0;
    sn_link_give_up(&pair.head->link);
    sn_link_on_writable(&pair.head->link, SN_VIA_BLE);
    CHECK_UINT(sn_link_deadline(&pair.head->link), UINT64_MAX);
    CHECK(sn_link_is_free(&pair.head->link));
    link_pair_end();
}

static const test_case link_cases[] = {
    TEST(a_message_and_its_answer_are_carried_over_every_link),
    TEST(what_is_lost_on_the_way_is_sent_again_and_delivered_once),
    TEST(ends_of_different_models_do_not_come_together),
    TEST(a_link_that_does_not_come_up_is_given_up_in_time),
    TEST(what_cannot_be_opened_is_refused),
    TEST(a_link_that_was_not_introduced_takes_nobody),
    TEST(the_owner_is_asked_to_write_once_the_way_is_free),
    TEST(an_error_of_the_peer_ends_a_request),
    TEST(a_peer_that_does_not_answer_ends_a_request_unless_it_is_given_up),
    TEST(an_answer_that_nobody_wants_any_more_is_told_by_its_id),
    TEST(a_message_that_the_owner_does_not_take_counts_as_a_bad_frame),
    TEST(events_of_another_link_are_none_of_its_own),
    TEST(what_is_given_up_over_ble_has_no_deadline),
};
SUITE(link, link_cases);
