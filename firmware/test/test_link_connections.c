/* SPDX-License-Identifier: MIT */
/* sn_link by itself, in role tail: who may hold the one connection of TCP or BLE, and for how long. */
#include <string.h>

#include "test.h"
#include "wiretap.h"

static const sn_via connections[] = {SN_VIA_TCP, SN_VIA_BLE};

/* Copies what an end has sent, which is one message; returns its length. */
static size_t take_down(const link_end *from, uint8_t *kept) {
    fake_port *fake = from->fake;
    size_t lead = from->link.via == SN_VIA_TCP ? 0 : sizeof(fake_frame_lead);
    size_t length = fake->sent_length - fake->sent_read - lead;
    memcpy(kept, &fake->sent[fake->sent_read + lead], length);
    return length;
}

/* The connection before has ended; somebody makes another. */
static void connect_again(sn_via via) {
    sn_link_on_change(&pair.tail->link, via, SN_ERR_EDGE_LOST, "gone", false);
    CHECK_TEXT(link_end_heard(pair.tail), via == SN_VIA_TCP ? " lost edge_lost edge_lost" : " listens edge_lost -");
    sn_link_on_change(&pair.tail->link, via, SN_OK, NULL, false);
}

static void head_greets(sn_via via) {
    sn_reason why;
    CHECK(sn_link_close(&pair.head->link, via) || !sn_link_is_up(&pair.head->link, via));
    CHECK_UINT(sn_link_open(&pair.head->link, via, "host", 4000, &why), SN_OK);
    sn_link_on_change(&pair.head->link, via, SN_OK, NULL, false);
    (void)link_end_heard(pair.head);
}

/* Who has kept a HELLO, and connects where its head has been, holds the tail no longer than who says nothing. */
static void a_hello_opens_one_connection_and_no_other(void) {
    for (size_t i = 0; i < 2; i++) {
        static uint8_t kept[2000];
        sn_via via = connections[i];
        sn_reason why;
        link_pair_make();
        link_pair_give_key(&link_key);
        pair.head->fake->frame_limit = pair.tail->fake->frame_limit = 250;
        CHECK_UINT(sn_link_open(&pair.tail->link, via, "", 3333, &why), SN_OK);
        sn_link_on_change(&pair.tail->link, via, SN_OK, NULL, false);
        head_greets(via);
        size_t length = take_down(pair.head, kept);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " up");
        connect_again(via);
        uint32_t opens = pair.tail->fake->link_opens;
        sn_link_on_receive(&pair.tail->link, via, &(sn_source){.address = STRANGER}, kept, length);
        CHECK_UINT(pair.tail->link.counts.rx_foreign, 1);
        if (via == SN_VIA_BLE) { /* where what somebody else says must not end it */
            CHECK_UINT(pair.tail->fake->link_opens, opens);
            pair.tail->fake->now_us += SN_LINK_PATIENCE_US;
            CHECK_UINT(sn_link_deadline(&pair.tail->link), pair.tail->fake->now_us);
            sn_link_on_timer(&pair.tail->link, pair.tail->fake->now_us);
        }
        CHECK_UINT(pair.tail->fake->link_opens, opens + 1); /* it listens again */
        CHECK_TEXT(link_end_heard(pair.tail), "");
        pair.tail->fake->sent_read = pair.tail->fake->sent_length;
        sn_link_on_change(&pair.tail->link, via, SN_OK, NULL, false);
        head_greets(via);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " up");
        CHECK_TEXT(link_end_heard(pair.head), " up");
        link_pair_end();
    }
}

/* A head in a test build may begin its messages at any number. */
static void a_head_that_has_come_far_within_a_connection_may_greet_again(void) {
    for (size_t i = 0; i < 2; i++) {
        sn_via via = connections[i];
        tap_join(via);
        pair.tail->answers = true;
        for (int far = 0; far < 3; far++) {
            pair.head->link.last_message += 0x7FFFFFF0;
            link_pair_ask(SN_FRAME_ECHO, 50);
            link_ends_flow(pair.head, pair.tail);
        }
        (void)link_end_heard(pair.tail);
        connect_again(via);
        head_greets(via);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " up");
        CHECK_TEXT(link_end_heard(pair.head), " up");
        link_pair_end();
    }
}

static void of_four_heads_with_one_key_no_hello_opens_another_connection(void) {
    for (size_t i = 0; i < 2; i++) {
        static uint8_t kept[SN_LINK_SESSIONS][200];
        size_t lengths[SN_LINK_SESSIONS];
        sn_via via = connections[i];
        tap_join(via);
        for (uint32_t each = 0; each < SN_LINK_SESSIONS; each++) {
            sn_reason why;
            link_end *head = link_end_new(SN_ROLE_HEAD);
            head->link.own_session = 0xB0A7D + each;
            head->fake->frame_limit = 250;
            sn_link_set_key(&head->link, &link_key);
            CHECK_UINT(sn_link_open(&head->link, via, "host", 4000, &why), SN_OK);
            sn_link_on_change(&head->link, via, SN_OK, NULL, false);
            lengths[each] = take_down(head, kept[each]);
            connect_again(via);
            sn_link_on_receive(&pair.tail->link, via, &(sn_source){.address = HEAD}, kept[each], lengths[each]);
            CHECK_TEXT(link_end_heard(pair.tail), " up");
            link_end_free(head);
        }
        for (uint32_t each = 0; each < SN_LINK_SESSIONS; each++) {
            sn_link_on_change(&pair.tail->link, via, SN_ERR_EDGE_LOST, "gone", false);
            (void)link_end_heard(pair.tail);
            sn_link_on_change(&pair.tail->link, via, SN_OK, NULL, false);
            sn_link_on_receive(&pair.tail->link, via, &(sn_source){.address = HEAD}, kept[each], lengths[each]);
            CHECK_UINT(pair.tail->link.counts.rx_foreign, each + 1);
            CHECK_TEXT(link_end_heard(pair.tail), "");
        }
        link_pair_end();
    }
}

/* Nobody need say anything to be in the others' way. */
static void a_central_that_greets_not_in_time_is_put_out_where_there_is_a_key(void) {
    for (int has_key = 0; has_key < 2; has_key++) {
        sn_reason why;
        link_pair_make();
        link_pair_give_key(has_key != 0 ? &link_key : NULL);
        pair.tail->fake->frame_limit = 250;
        CHECK_UINT(sn_link_open(&pair.tail->link, SN_VIA_BLE, "", 0, &why), SN_OK);
        sn_link_on_change(&pair.tail->link, SN_VIA_BLE, SN_OK, NULL, false);
        CHECK_UINT(sn_link_deadline(&pair.tail->link), has_key != 0 ? SN_LINK_PATIENCE_US : UINT64_MAX);
        link_pair_end();
    }
}

static const test_case link_connections_cases[] = {
    TEST(a_hello_opens_one_connection_and_no_other),
    TEST(a_head_that_has_come_far_within_a_connection_may_greet_again),
    TEST(of_four_heads_with_one_key_no_hello_opens_another_connection),
    TEST(a_central_that_greets_not_in_time_is_put_out_where_there_is_a_key),
};
SUITE(link_connections, link_connections_cases);
