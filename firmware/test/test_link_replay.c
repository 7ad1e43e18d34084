/* SPDX-License-Identifier: MIT */
/* sn_link by itself, with a key: HELLOs that somebody has kept, and heads that greet. */
#include <string.h>

#include "test.h"
#include "wiretap.h"

static const sn_via packets[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};

/* What a head and a tail say at first, taken down; the head's first echo has been answered. */
static tap_frame hello, first;

static void record(sn_via via) {
    sn_reason why;
    link_pair_make();
    link_pair_give_key(&link_key);
    pair.head->fake->frame_limit = pair.tail->fake->frame_limit = 250;
    CHECK_UINT(sn_link_open(&pair.tail->link, via, "", 3333, &why), SN_OK);
    CHECK_UINT(sn_link_open(&pair.head->link, via, "host", 4000, &why), SN_OK);
    sn_link_on_change(&pair.tail->link, via, SN_OK, NULL, false);
    sn_link_on_change(&pair.head->link, via, SN_OK, NULL, false);
    hello = tap_sent(pair.head);
    tap_put(pair.tail, HEAD, &hello);
    tap_frame answer = tap_sent(pair.tail);
    CHECK_UINT(answer.length, hello.length);
    CHECK_TEXT(link_end_heard(pair.tail), via == SN_VIA_BLE ? " up" : "");
    tap_put(pair.head, 0, &answer);
    CHECK_TEXT(link_end_heard(pair.head), " up");
    if (via != SN_VIA_BLE) {
        first = tap_sent(pair.head);
        CHECK_UINT(tap_type(&first), SN_FRAME_ACK);
        tap_put(pair.tail, HEAD, &first);
        CHECK_TEXT(link_end_heard(pair.tail), " up");
    }
    pair.tail->answers = true;
    link_pair_ask(SN_FRAME_ECHO, 50);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.tail), " ECHO 2 of 50");
    CHECK_TEXT(link_end_heard(pair.head), " sent 2 ECHO_REPLY 2 of 50");
}

static void the_asking_side_acknowledges_the_answer_to_its_hello_and_so_the_session_begins(void) {
    for (size_t i = 0; i < 2; i++) {
        record(packets[i]);
        link_pair_end();
    }
}

static void a_hello_of_a_session_that_has_begun_is_dropped(void) {
    for (size_t i = 0; i < 3; i++) {
        record(packets[i]);
        uint32_t duplicates = pair.tail->link.counts.rx_duplicate;
        tap_put(pair.tail, HEAD, &hello);
        tap_put(pair.tail, STRANGER, &hello);
        CHECK(!tap_has_sent(pair.tail));
        CHECK_UINT(pair.tail->link.counts.rx_duplicate, duplicates + 2);
        CHECK(sn_link_is_up(&pair.tail->link, packets[i]));
        link_pair_end();
    }
}

/* Another head, which has the key, speaks to the tail; or somebody who has kept what it said. */
static tap_frame other_hello;
static link_end *other;

static void other_greets(void) {
    sn_reason why;
    other = link_end_new(SN_ROLE_HEAD);
    other->link.own_session = 0x0DDBA11;
    other->fake->frame_limit = 250;
    sn_link_set_key(&other->link, &link_key);
    CHECK_UINT(sn_link_open(&other->link, pair.tail->link.via, "host", 4000, &why), SN_OK);
    sn_link_on_change(&other->link, pair.tail->link.via, SN_OK, NULL, false);
    other_hello = tap_sent(other);
    tap_put(pair.tail, STRANGER, &other_hello);
}

/* The head opens the link once more before its ACK has come, which then does. */
static void a_greeting_that_a_later_one_has_overtaken_begins_no_session(void) {
    for (size_t i = 0; i < 2; i++) {
        sn_reason why;
        link_pair_make();
        link_pair_give_key(&link_key);
        pair.head->fake->frame_limit = pair.tail->fake->frame_limit = 250;
        CHECK_UINT(sn_link_open(&pair.tail->link, packets[i], "", 3333, &why), SN_OK);
        sn_link_on_change(&pair.tail->link, packets[i], SN_OK, NULL, false);
        for (int round = 0; round < 2; round++) {
            CHECK_UINT(sn_link_open(&pair.head->link, packets[i], "host", 4000, &why), SN_OK);
            sn_link_on_change(&pair.head->link, packets[i], SN_OK, NULL, false);
            tap_frame greets = tap_sent(pair.head);
            tap_put(pair.tail, HEAD, &greets);
            tap_frame answer = tap_sent(pair.tail);
            tap_put(pair.head, 0, &answer);
            CHECK_TEXT(link_end_heard(pair.head), " up");
            if (round == 0) {
                first = tap_sent(pair.head);
            }
        }
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " up");
        tap_expect_foreign(pair.tail, HEAD, &first);
        pair.tail->answers = true;
        link_pair_ask(SN_FRAME_ECHO, 50);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " ECHO 3 of 50");
        CHECK_TEXT(link_end_heard(pair.head), " sent 3 ECHO_REPLY 3 of 50");
        link_pair_end();
    }
}

static void a_replayed_hello_is_answered_but_ends_no_session(void) {
    for (size_t i = 0; i < 3; i++) {
        tap_frame request, answer;
        record(packets[i]);
        other_greets();
        tap_frame to_other = tap_sent(pair.tail);
        CHECK_UINT(tap_type(&to_other), SN_FRAME_HELLO);
        CHECK_UINT(to_other.length, other_hello.length);
        CHECK_TEXT(link_end_heard(pair.tail), "");
        CHECK(sn_link_is_up(&pair.tail->link, packets[i]));
        tap_put(pair.tail, STRANGER, &other_hello); /* once more: it is the same HELLO, and so is its answer */
        tap_frame again = tap_sent(pair.tail);
        CHECK_BYTES(again.bytes, again.length, to_other.bytes, to_other.length);
        tap_ask(&request, &answer);
        tap_put(pair.head, 0, &answer);
        CHECK_TEXT(link_end_heard(pair.head), " ECHO_REPLY 3 of 100");
        link_end_free(other);
        link_pair_end();
    }
}

static void a_session_takes_the_place_of_another_with_its_first_frame(void) {
    for (size_t i = 0; i < 3; i++) {
        tap_frame request, answer;
        record(packets[i]);
        other_greets();
        tap_frame to_other = tap_sent(pair.tail);
        tap_put(other, 0, &to_other);
        CHECK_TEXT(link_end_heard(other), " up");
        if (packets[i] == SN_VIA_BLE) {
            sn_link_send(&other->link, SN_FRAME_ECHO, 0, sn_link_new_id(&other->link), (sn_bytes){link_payload, 3},
                         (sn_bytes){0});
            sn_link_go_on(&other->link);
            CHECK_TEXT(link_end_heard(other), " sent 2");
        }
        tap_frame begins = tap_sent(other);
        tap_expect_foreign(pair.tail, STRANGER + 1, &begins);
        tap_put(pair.tail, STRANGER, &begins);
        CHECK_TEXT(link_end_heard(pair.tail), packets[i] == SN_VIA_BLE ? " lost edge_lost edge_lost up ECHO 2 of 3"
                                                                       : " lost edge_lost edge_lost up");
        pair.tail->fake->sent_read = pair.tail->fake->sent_length;
        link_pair_ask(SN_FRAME_ECHO, 20); /* the head before is heard no more, */
        request = tap_sent(pair.head);
        CHECK_TEXT(link_end_heard(pair.head), " sent 3");
        tap_expect_foreign(pair.tail, HEAD, &request);
        tap_put(pair.tail, STRANGER, &hello); /* nor does a HELLO of it begin anything */
        CHECK(!tap_has_sent(pair.tail));
        answer = tap_forged(SN_FRAME_ERROR, SN_FLAG_ANSWER, 3, 4);
        tap_expect_foreign(pair.head, 0, &answer);
        link_end_free(other);
        link_pair_end();
    }
}

static void a_head_whose_session_would_begin_during_work_for_another_is_told_busy(void) {
    record(SN_VIA_UDP);
    other_greets();
    tap_frame to_other = tap_sent(pair.tail);
    tap_put(other, 0, &to_other);
    tap_frame begins = tap_sent(other);
    pair.tail->answers = false;
    link_pair_ask(SN_FRAME_DATA, 50);
    tap_frame request = tap_sent(pair.head);
    tap_put(pair.tail, HEAD, &request);
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 3 of 50");
    (void)tap_sent(pair.tail); /* its ACK */
    tap_put(pair.tail, STRANGER, &other_hello);
    tap_frame busy = tap_sent(pair.tail);
    CHECK_UINT(tap_type(&busy), SN_FRAME_ERROR);
    CHECK(busy.length <= other_hello.length);
    sn_link_send(&other->link, SN_FRAME_ECHO, 0, sn_link_new_id(&other->link), (sn_bytes){link_payload, 3},
                 (sn_bytes){0});
    sn_link_go_on(&other->link);
    tap_frame echo = tap_sent(other);
    CHECK_TEXT(link_end_heard(other), " up sent 2");
    tap_put(pair.tail, STRANGER, &begins);
    (void)tap_sent(pair.tail);
    tap_put(pair.tail, STRANGER, &echo);
    CHECK_TEXT(link_end_heard(pair.tail), "");
    busy = tap_sent(pair.tail);
    tap_put(other, 0, &busy);
    CHECK_TEXT(link_end_heard(other), " busy 2");
    sn_link_send(&pair.tail->link, SN_FRAME_RESULT, SN_FLAG_ANSWER, 3, (sn_bytes){link_payload, 9}, (sn_bytes){0});
    sn_link_go_on(&pair.tail->link);
    tap_frame result = tap_sent(pair.tail);
    tap_put(pair.head, 0, &result);
    CHECK_TEXT(link_end_heard(pair.head), " sent 3 RESULT 3 of 9");
    CHECK_TEXT(link_end_heard(pair.tail), " sent 3");
    link_end_free(other);
    link_pair_end();
}

static const test_case link_replay_cases[] = {
    TEST(the_asking_side_acknowledges_the_answer_to_its_hello_and_so_the_session_begins),
    TEST(a_hello_of_a_session_that_has_begun_is_dropped),
    TEST(a_greeting_that_a_later_one_has_overtaken_begins_no_session),
    TEST(a_replayed_hello_is_answered_but_ends_no_session),
    TEST(a_session_takes_the_place_of_another_with_its_first_frame),
    TEST(a_head_whose_session_would_begin_during_work_for_another_is_told_busy),
};
SUITE(link_replay, link_replay_cases);
