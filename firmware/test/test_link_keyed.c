/* SPDX-License-Identifier: MIT */
/* sn_link by itself, with a key: what honest ends say to each other. */
#include <string.h>

#include "link_end.h"
#include "test.h"

static const sn_via vias[] = {SN_VIA_TCP, SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
#define VIAS (sizeof vias / sizeof vias[0])

static void join(sn_via via) {
    link_pair_make();
    link_pair_give_key(&link_key);
    link_ends_join(pair.head, pair.tail, via);
}

/* Nothing was dropped that was not forged. */
static void end(void) {
    CHECK_UINT(pair.head->link.counts.rx_foreign, 0);
    CHECK_UINT(pair.tail->link.counts.rx_foreign, 0);
    link_pair_end();
}

static void a_message_and_its_answer_are_carried_over_every_link(void) {
    for (size_t i = 0; i < VIAS; i++) {
        join(vias[i]);
        pair.tail->answers = true;
        for (unsigned round = 2; round < 5; round++) {
            CHECK_UINT(link_pair_ask(SN_FRAME_ECHO, sizeof link_payload), round);
            link_ends_flow(pair.head, pair.tail);
            CHECK(strstr(link_end_heard(pair.tail), "ECHO ") != NULL);
            CHECK(strstr(link_end_heard(pair.head), "ECHO_REPLY ") != NULL);
        }
        CHECK_UINT(sn_link_deadline(&pair.tail->link), UINT64_MAX);
        end();
    }
}

static void what_is_lost_on_the_way_is_sent_again_and_delivered_once(void) {
    for (size_t i = 1; i < 3; i++) { /* UDP and ESP-NOW */
        join(vias[i]);
        pair.tail->answers = true;
        pair.head->lose = 4;
        pair.tail->lose = 3;
        link_pair_ask(SN_FRAME_ECHO, sizeof link_payload);
        link_ends_pass(pair.head, pair.tail, 5000000);
        CHECK_TEXT(link_end_heard(pair.tail), " ECHO 2 of 3000");
        CHECK_TEXT(link_end_heard(pair.head), " sent 2 ECHO_REPLY 2 of 3000");
        end();
    }
}

static void a_tag_adds_16_bytes_to_each_message_and_hello_16_more(void) {
    join(SN_VIA_TCP);
    CHECK_UINT(pair.head->link.counts.tx_bytes, 4 + 16 + 12 + 32 + 16);
    CHECK_UINT(pair.tail->link.counts.tx_bytes, 4 + 16 + 12 + 32 + 16);
    CHECK_UINT(pair.tail->link.counts.rx_bytes, pair.head->link.counts.tx_bytes);
    end();
}

static void over_ble_an_answer_that_is_owed_survives_the_connection(void) {
    for (int answered = 0; answered < 2; answered++) { /* while there is no connection, or after it */
        join(SN_VIA_BLE);
        link_pair_ask(SN_FRAME_DATA, 1000);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.head), " sent 2");
        CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 1000");
        sn_link_on_change(&pair.head->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", true);
        sn_link_on_change(&pair.tail->link, SN_VIA_BLE, SN_ERR_EDGE_LOST, "away", false);
        if (answered != 0) {
            sn_link_send(&pair.tail->link, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2, (sn_bytes){link_payload, 500},
                         (sn_bytes){0});
        }
        sn_link_on_change(&pair.tail->link, SN_VIA_BLE, SN_OK, NULL, false);
        sn_link_on_change(&pair.head->link, SN_VIA_BLE, SN_OK, NULL, true);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.head), " resumes edge_lost - again");
        CHECK_TEXT(link_end_heard(pair.tail), " listens edge_lost - up");
        sn_link_send(&pair.head->link, SN_FRAME_DATA, 0, 2, (sn_bytes){link_payload, 1000}, (sn_bytes){0});
        sn_link_go_on(&pair.head->link);
        link_ends_flow(pair.head, pair.tail);
        if (answered == 0) {
            CHECK_TEXT(link_end_heard(pair.tail), ""); /* it has that one */
            sn_link_send(&pair.tail->link, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2, (sn_bytes){link_payload, 500},
                         (sn_bytes){0});
            sn_link_go_on(&pair.tail->link);
            link_ends_flow(pair.head, pair.tail);
            CHECK_TEXT(link_end_heard(pair.tail), " sent 2");
        } else {
            CHECK_TEXT(link_end_heard(pair.tail), " sent 2");
        }
        CHECK_TEXT(link_end_heard(pair.head), " sent 2 RESULT 2 of 500");
        end();
    }
}

static void another_connection_of_the_same_head_has_other_keys(void) {
    sn_reason why;
    for (size_t i = 0; i < VIAS; i++) {
        join(vias[i]);
        sn_key first = pair.head->link.auth.session;
        CHECK_BYTES(first.bytes, 16, pair.tail->link.auth.session.bytes, 16);
        CHECK(sn_link_close(&pair.head->link, vias[i]));
        sn_link_on_change(&pair.tail->link, vias[i], SN_ERR_EDGE_LOST, "gone", false);
        (void)link_end_heard(pair.head);
        (void)link_end_heard(pair.tail);
        CHECK_UINT(sn_link_open(&pair.tail->link, vias[i], "", 3333, &why), SN_OK);
        link_ends_join(pair.head, pair.tail, vias[i]);
        CHECK_BYTES(pair.head->link.auth.session.bytes, 16, pair.tail->link.auth.session.bytes, 16);
        CHECK(memcmp(first.bytes, pair.head->link.auth.session.bytes, 16) != 0);
        end();
    }
}

static const test_case link_keyed_cases[] = {
    TEST(a_message_and_its_answer_are_carried_over_every_link),
    TEST(what_is_lost_on_the_way_is_sent_again_and_delivered_once),
    TEST(a_tag_adds_16_bytes_to_each_message_and_hello_16_more),
    TEST(over_ble_an_answer_that_is_owed_survives_the_connection),
    TEST(another_connection_of_the_same_head_has_other_keys),
};
SUITE(link_keyed, link_keyed_cases);
