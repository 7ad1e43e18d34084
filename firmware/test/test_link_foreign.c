/* SPDX-License-Identifier: MIT */
/* sn_link by itself, with a key: frames that are changed, forged, reflected. */
#include <string.h>

#include "test.h"
#include "wiretap.h"

static const sn_via packets[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};

static void a_frame_of_which_any_bit_was_changed_changes_nothing(void) {
    for (size_t i = 0; i < 2; i++) {
        tap_frame request, answer;
        tap_join(packets[i]);
        link_pair_ask(SN_FRAME_ECHO, 20);
        request = tap_sent(pair.head);
        CHECK_TEXT(link_end_heard(pair.head), " sent 2");
        for (uint32_t bit = 0; bit < 8 * request.length; bit++) {
            tap_frame changed = request;
            changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (tap_type(&changed) != SN_FRAME_HELLO) {
                tap_expect_foreign(pair.tail, HEAD, &changed);
            }
        }
        for (uint32_t length = 0; length < request.length; length++) {
            tap_frame cut = request;
            cut.length = length;
            tap_expect_foreign(pair.tail, HEAD, &cut);
        }
        pair.tail->answers = true;
        tap_put(pair.tail, HEAD, &request);
        CHECK_TEXT(link_end_heard(pair.tail), " ECHO 2 of 20");
        answer = tap_sent(pair.tail);
        for (uint32_t bit = 0; bit < 8 * answer.length; bit++) {
            tap_frame changed = answer;
            changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            tap_expect_foreign(pair.head, 0, &changed);
        }
        tap_put(pair.head, 0, &answer);
        CHECK_TEXT(link_end_heard(pair.head), " ECHO_REPLY 2 of 20");
        link_pair_end();
    }
}

static void what_is_forged_without_a_key_changes_nothing(void) {
    for (size_t i = 0; i < 3; i++) {
        tap_frame request, answer;
        tap_join(packets[i]);
        uint64_t head = packets[i] == SN_VIA_BLE ? 7 : HEAD;
        tap_ask(&request, &answer);
        for (uint8_t flags = 0; flags < 16; flags++) {
            for (uint8_t type = 0; type < 16; type++) {
                for (uint32_t id = 1; id < 4; id++) {
                    tap_frame each = tap_forged((sn_frame_type)type, flags, id, 12);
                    bool is_hello = type == SN_FRAME_HELLO && (flags & SN_FLAG_ANSWER) == 0;
                    tap_expect_foreign(pair.head, 0, &each);
                    if (!is_hello) {
                        tap_expect_foreign(pair.tail, head, &each);
                    }
                }
            }
        }
        tap_put(pair.head, 0, &answer);
        CHECK_TEXT(link_end_heard(pair.head), " ECHO_REPLY 2 of 100");
        link_pair_end();
    }
}

static void what_an_end_has_sent_is_nothing_to_itself(void) {
    tap_frame request, answer;
    tap_join(SN_VIA_UDP);
    tap_ask(&request, &answer);
    tap_expect_foreign(pair.head, 0, &request);
    tap_expect_foreign(pair.tail, HEAD, &answer);
    link_pair_end();
}

static void what_comes_again_from_elsewhere_is_foreign(void) {
    tap_frame request, answer;
    tap_join(SN_VIA_UDP);
    tap_ask(&request, &answer);
    request.bytes[3] |= SN_FLAG_ACK_REQUESTED; /* else it would have to be answered */
    tap_expect_foreign(pair.tail, STRANGER, &request);
    request.bytes[3] &= (uint8_t)~SN_FLAG_ACK_REQUESTED;
    tap_expect_foreign(pair.tail, STRANGER, &request);
    link_pair_end();
}

static void a_fragment_of_another_place_is_no_fragment_of_this_one(void) {
    tap_join(SN_VIA_UDP);
    link_pair_ask(SN_FRAME_DATA, 700);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    tap_frame parts[4];
    for (size_t i = 0; i < 4; i++) {
        parts[i] = tap_sent(pair.head);
    }
    tap_frame exchanged = parts[0];
    memcpy(&exchanged.bytes[16], &parts[1].bytes[16], 234);
    tap_expect_foreign(pair.tail, HEAD, &exchanged);
    exchanged = parts[0];
    exchanged.bytes[12] = 1; /* its index */
    tap_expect_foreign(pair.tail, HEAD, &exchanged);
    for (size_t i = 0; i < 4; i++) {
        tap_put(pair.tail, HEAD, &parts[3 - i]);
    }
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 700");
    link_pair_end();
}

/* Before it has crossed the link: only a head knows by a frame alone whether its peer has made it. */
static void a_port_can_ask_whether_a_frame_is_foreign(void) {
    static const sn_via over[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
    for (size_t i = 0; i < 3; i++) {
        tap_frame request, answer;
        tap_join(over[i]);
        tap_ask(&request, &answer);
        tap_frame forged = tap_forged(SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER | SN_FLAG_AUTHENTICATED, 2, 40);
        sn_link *head = &pair.head->link, *tail = &pair.tail->link;
        CHECK(sn_link_drop_foreign(head, over[i], forged.bytes, forged.length));
        CHECK(sn_link_drop_foreign(head, over[i], forged.bytes, 3));
        CHECK_UINT(head->counts.rx_foreign, 2);
        CHECK(!sn_link_drop_foreign(head, over[i], answer.bytes, answer.length));
        CHECK(!sn_link_drop_foreign(head, SN_VIA_TCP, forged.bytes, forged.length));
        CHECK(!sn_link_drop_foreign(tail, over[i], forged.bytes, forged.length));
        CHECK_UINT(head->counts.rx_foreign, 2);
        CHECK_UINT(tail->counts.rx_foreign, 0);
        tap_put(pair.head, HEAD, &answer);
        CHECK(strstr(link_end_heard(pair.head), "ECHO_REPLY") != NULL);
        link_pair_end();
    }
}

static const test_case link_foreign_cases[] = {
    TEST(a_frame_of_which_any_bit_was_changed_changes_nothing),
    TEST(what_is_forged_without_a_key_changes_nothing),
    TEST(what_an_end_has_sent_is_nothing_to_itself),
    TEST(what_comes_again_from_elsewhere_is_foreign),
    TEST(a_fragment_of_another_place_is_no_fragment_of_this_one),
    TEST(a_port_can_ask_whether_a_frame_is_foreign),
};
SUITE(link_foreign, link_foreign_cases);
