/* SPDX-License-Identifier: MIT */
/* sn_link by itself: no node, no console, no model. */
#include <stdlib.h>
#include <string.h>

#include "link_end.h"
#include "test.h"

static uint8_t payload[3000];

static const sn_via vias[] = {SN_VIA_TCP, SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
#define VIAS (sizeof vias / sizeof vias[0])

static link_end *head, *tail;

static void make(void) {
    head = link_end_new(SN_ROLE_HEAD);
    tail = link_end_new(SN_ROLE_TAIL);
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(i * 11);
    }
}

static void join(sn_via via) {
    make();
    link_ends_join(head, tail, via);
}

static void end(void) {
    CHECK_TEXT(link_end_heard(head), "");
    CHECK_TEXT(link_end_heard(tail), "");
    link_end_free(head);
    link_end_free(tail);
}

static uint32_t ask(sn_frame_type type, uint32_t length) {
    uint32_t id = sn_link_new_id(&head->link);
    sn_link_send(&head->link, type, 0, id, (sn_bytes){payload, length}, (sn_bytes){0});
    sn_link_go_on(&head->link);
    return id;
}

static void a_message_and_its_answer_are_carried_over_every_link(void) {
    for (size_t i = 0; i < VIAS; i++) {
        join(vias[i]);
        tail->answers = true;
        CHECK_UINT(ask(SN_FRAME_DATA, sizeof payload), 2);
        link_ends_flow(head, tail);
        CHECK_TEXT(link_end_heard(tail), " DATA 2 of 3000 sent 2");
        CHECK_TEXT(link_end_heard(head), " sent 2 RESULT 2 of 3000");
        CHECK_UINT(head->link.counts.rx_messages, 2);
        CHECK_UINT(sn_link_deadline(&tail->link), UINT64_MAX);
        end();
    }
}

static void what_is_lost_on_the_way_is_sent_again_and_delivered_once(void) {
    for (size_t i = 1; i < 3; i++) { /* UDP and ESP-NOW */
        join(vias[i]);
        tail->answers = true;
        head->lose = 4;
        tail->lose = 3;
        ask(SN_FRAME_ECHO, sizeof payload);
        link_ends_pass(head, tail, 5000000);
        CHECK_TEXT(link_end_heard(tail), " ECHO 2 of 3000");
        CHECK_TEXT(link_end_heard(head), " sent 2 ECHO_REPLY 2 of 3000");
        CHECK(head->link.counts.resent != 0 && tail->link.counts.resent != 0);
        CHECK_UINT(head->link.cost.frames, head->link.counts.tx_frames);
        end();
    }
}

static void ends_of_different_models_do_not_come_together(void) {
    for (size_t i = 0; i < VIAS; i++) {
        sn_reason why;
        make();
        tail->link.greeting.model_id++;
        CHECK_UINT(sn_link_open(&head->link, vias[i], "host", 1, &why), SN_OK);
        CHECK_UINT(sn_link_open(&tail->link, vias[i], "", 1, &why), SN_OK);
        sn_link_on_change(&tail->link, vias[i], SN_OK, NULL, false);
        sn_link_on_change(&head->link, vias[i], SN_OK, NULL, false);
        link_ends_flow(head, tail);
        CHECK_TEXT(link_end_heard(head), " lost model_mismatch model_mismatch");
        CHECK(!sn_link_is_up(&tail->link, vias[i]));
        end();
    }
}

static void a_link_that_does_not_come_up_is_given_up_in_time(void) {
    sn_reason why;
    make();
    CHECK_UINT(sn_link_open(&head->link, SN_VIA_TCP, "edge", 4000, &why), SN_OK);
    CHECK_TEXT(head->fake->link_host, "edge");
    CHECK_UINT(head->fake->link_port, 4000);
    CHECK_UINT(sn_link_deadline(&head->link), SN_LINK_PATIENCE_US);
    CHECK_UINT(sn_link_open(&head->link, SN_VIA_TCP, "edge", 4000, &why), SN_ERR_BUSY);
    sn_link_on_timer(&head->link, SN_LINK_PATIENCE_US);
    CHECK_TEXT(link_end_heard(head), " lost edge_unreachable edge_unreachable");
    CHECK_UINT(head->fake->link_closes, 1);
    CHECK_UINT(sn_link_deadline(&head->link), UINT64_MAX);
    end();
}

static void what_cannot_be_opened_is_refused(void) {
    char name[SN_LINK_HOST + 1];
    sn_reason why;
    make();
    memset(name, 'x', SN_LINK_HOST);
    name[SN_LINK_HOST] = '\0';
    CHECK_UINT(sn_link_open(&head->link, SN_VIA_TCP, name, 1, &why), SN_ERR_BAD_ARGUMENT);
    CHECK_UINT(head->fake->link_opens, 0);
    head->fake->link_fails = SN_ERR_UNSUPPORTED;
    CHECK_UINT(sn_link_open(&head->link, SN_VIA_BLE, "", 0, &why), SN_ERR_UNSUPPORTED);
    CHECK_TEXT(why.text, "this firmware has no link of that kind");
    CHECK(!sn_link_close(&head->link, SN_VIA_BLE));
    end();
}

static void a_link_that_was_not_introduced_takes_nobody(void) {
    link_end *nobody = link_end_new(SN_ROLE_NONE);
    sn_link_on_change(&nobody->link, SN_VIA_TCP, SN_OK, NULL, false);
    CHECK_UINT(nobody->fake->link_closes, 1);
    CHECK_TEXT(link_end_heard(nobody), "");
    link_end_free(nobody);
}

static void a_lost_connection_is_told_with_what_it_means_for_an_answer(void) {
    join(SN_VIA_TCP);
    ask(SN_FRAME_DATA, 10);
    CHECK_TEXT(link_end_heard(head), " sent 2");
    sn_link_on_change(&head->link, SN_VIA_TCP, SN_ERR_WIFI, "gone", true);
    CHECK_TEXT(link_end_heard(head), " lost wifi edge_lost");
    CHECK(!sn_link_is_up(&head->link, SN_VIA_TCP));
    CHECK(sn_link_close(&tail->link, SN_VIA_TCP));
    CHECK_TEXT(link_end_heard(tail), " lost link_down link_down");
    end();
}

static void over_ble_an_answer_that_is_owed_survives_the_connection(void) {
    join(SN_VIA_BLE);
    ask(SN_FRAME_DATA, 1000);
    link_ends_flow(head, tail);
    CHECK_TEXT(link_end_heard(head), " sent 2");
    CHECK_TEXT(link_end_heard(tail), " DATA 2 of 1000");
    sn_link_on_change(&head->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", true);
    sn_link_on_change(&tail->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", false);
    CHECK_TEXT(link_end_heard(head), " resumes edge_lost -");
    CHECK_TEXT(link_end_heard(tail), " listens edge_lost -");
    CHECK_TEXT(head->fake->link_host, "host"); /* the peer that it was opened to */
    sn_link_on_change(&tail->link, SN_VIA_BLE, SN_OK, NULL, false);
    sn_link_on_change(&head->link, SN_VIA_BLE, SN_OK, NULL, true);
    link_ends_flow(head, tail);
    CHECK_TEXT(link_end_heard(head), " again");
    CHECK_TEXT(link_end_heard(tail), " up");
    sn_link_send(&head->link, SN_FRAME_DATA, 0, 2, (sn_bytes){payload, 1000}, (sn_bytes){0});
    sn_link_go_on(&head->link);
    link_ends_flow(head, tail);
    CHECK_TEXT(link_end_heard(head), " sent 2");
    CHECK_TEXT(link_end_heard(tail), ""); /* it has that one */
    sn_link_send(&tail->link, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2, (sn_bytes){payload, 500}, (sn_bytes){0});
    sn_link_go_on(&tail->link);
    link_ends_flow(head, tail);
    CHECK_TEXT(link_end_heard(tail), " sent 2");
    CHECK_TEXT(link_end_heard(head), " RESULT 2 of 500");
    end();
}

static void without_an_answer_owed_a_connection_over_ble_is_lost(void) {
    join(SN_VIA_BLE);
    sn_link_on_change(&head->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", false);
    CHECK_TEXT(link_end_heard(head), " lost edge_lost edge_lost");
    end();
}

static void the_owner_is_asked_to_write_once_the_way_is_free(void) {
    join(SN_VIA_TCP);
    head->fake->link_room = 100;
    ask(SN_FRAME_DATA, 1000);
    sn_link_want(&head->link);
    sn_link_go_on(&head->link);
    CHECK(!sn_link_is_free(&head->link));
    CHECK_UINT(sn_link_is_sending(&head->link), SN_FRAME_DATA);
    CHECK_TEXT(link_end_heard(head), "");
    head->fake->link_room = 5000;
    sn_link_on_writable(&head->link, SN_VIA_TCP);
    CHECK_TEXT(link_end_heard(head), " sent 2 writable");
    CHECK(sn_link_is_free(&head->link));
    sn_link_go_on(&head->link);
    CHECK_TEXT(link_end_heard(head), "");
    end();
}

static void an_error_of_the_peer_ends_a_request(void) {
    for (size_t i = 0; i < VIAS; i++) {
        join(vias[i]);
        ask(SN_FRAME_DATA, 100);
        link_ends_flow(head, tail);
        CHECK_TEXT(link_end_heard(tail), " DATA 2 of 100");
        sn_link_send_error(&tail->link, 2, SN_ERR_BUSY, "not now");
        sn_link_go_on(&tail->link);
        link_ends_flow(head, tail);
        CHECK_TEXT(link_end_heard(head), " sent 2 busy 2");
        end();
    }
}

static void a_peer_that_does_not_answer_ends_a_request_unless_it_is_given_up(void) {
    for (int gives_up = 0; gives_up < 2; gives_up++) {
        join(SN_VIA_UDP);
        tail->lose = 1;
        ask(SN_FRAME_DATA, 100);
        CHECK_TEXT(link_end_heard(head), " sent 2");
        if (gives_up != 0) {
            sn_link_give_up(&head->link);
            CHECK_UINT(sn_link_deadline(&head->link), UINT64_MAX);
        }
        link_ends_pass(head, tail, 30000000);
        CHECK_TEXT(link_end_heard(head), gives_up != 0 ? "" : " edge_timeout 2");
        CHECK(sn_link_is_up(&head->link, SN_VIA_UDP));
        CHECK_TEXT(link_end_heard(tail), " DATA 2 of 100");
        end();
    }
}

static void an_answer_that_nobody_wants_any_more_is_told_by_its_id(void) {
    join(SN_VIA_UDP);
    ask(SN_FRAME_DATA, 100);
    link_ends_flow(head, tail);
    CHECK_TEXT(link_end_heard(tail), " DATA 2 of 100");
    sn_link_give_up(&head->link);
    ask(SN_FRAME_DATA, 200);
    link_ends_flow(head, tail);
    CHECK_TEXT(link_end_heard(tail), " edge_lost 2 DATA 3 of 200");
    CHECK_TEXT(link_end_heard(head), " sent 2 sent 3");
    end();
}

static void a_message_that_the_owner_does_not_take_counts_as_a_bad_frame(void) {
    join(SN_VIA_TCP);
    tail->is_awaiting = false;
    ask(SN_FRAME_DATA, 100);
    link_ends_flow(head, tail);
    CHECK_UINT(tail->link.counts.rx_bad_frame, 1);
    CHECK_UINT(tail->link.counts.rx_messages, 2);
    CHECK_TEXT(link_end_heard(head), " sent 2");
    end();
}

static void events_of_another_link_are_none_of_its_own(void) {
    join(SN_VIA_TCP);
    sn_link_on_receive(&head->link, SN_VIA_UDP, &(sn_source){0}, payload, 100);
    sn_link_on_writable(&head->link, SN_VIA_UDP);
    sn_link_on_change(&head->link, SN_VIA_UDP, SN_ERR_EDGE_LOST, "elsewhere", false);
    CHECK_UINT(head->link.counts.rx_frames, 1);
    CHECK(sn_link_is_up(&head->link, SN_VIA_TCP));
    end();
}

static const test_case link_cases[] = {
    TEST(a_message_and_its_answer_are_carried_over_every_link),
    TEST(what_is_lost_on_the_way_is_sent_again_and_delivered_once),
    TEST(ends_of_different_models_do_not_come_together),
    TEST(a_link_that_does_not_come_up_is_given_up_in_time),
    TEST(what_cannot_be_opened_is_refused),
    TEST(a_link_that_was_not_introduced_takes_nobody),
    TEST(a_lost_connection_is_told_with_what_it_means_for_an_answer),
    TEST(over_ble_an_answer_that_is_owed_survives_the_connection),
    TEST(without_an_answer_owed_a_connection_over_ble_is_lost),
    TEST(the_owner_is_asked_to_write_once_the_way_is_free),
    TEST(an_error_of_the_peer_ends_a_request),
    TEST(a_peer_that_does_not_answer_ends_a_request_unless_it_is_given_up),
    TEST(an_answer_that_nobody_wants_any_more_is_told_by_its_id),
    TEST(a_message_that_the_owner_does_not_take_counts_as_a_bad_frame),
    TEST(events_of_another_link_are_none_of_its_own),
};
SUITE(link, link_cases);
