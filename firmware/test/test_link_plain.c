/* SPDX-License-Identifier: MIT */
/* sn_link by itself, without a key: what comes damaged, with a tag, late or again. */
#include <string.h>

#include "test.h"
#include "wiretap.h"

static tap_frame greeting(uint32_t id) {
    static const uint8_t hello[16] = {SN_ROLE_HEAD, SN_INT8, 250, 0, 0x40, 6, 0, 0, 19};
    tap_frame made;
    sn_message message;
    sn_header header = {.type = SN_FRAME_HELLO, .session = FAKE_SESSION, .message = id};
    sn_message_init(&message, &header, FAKE_MODEL_ID, (sn_bytes){hello, sizeof hello}, (sn_bytes){0});
    made.length = sn_message_fragment(&message, 234, 0, false, made.bytes);
    return made;
}

/* An echo that takes 90 ms, whose answer comes with a byte changed; returns how long the next is waited for. */
static uint64_t patience_after(uint8_t change) {
    tap_frame request, answer;
    link_pair_join(SN_VIA_UDP);
    tap_ask(&request, &answer);
    answer.bytes[answer.length - 1] ^= change;
    answer.bytes[3] |= SN_FLAG_ACK_REQUESTED;
    pair.head->fake->now_us += 90000;
    tap_put(pair.head, 0, &answer);
    CHECK_TEXT(link_end_heard(pair.head), change == 0 ? " ECHO_REPLY 2 of 100" : " protocol 2");
    CHECK_UINT(pair.head->link.counts.rx_bad_crc, change != 0);
    tap_frame acknowledged = tap_sent(pair.head);
    CHECK_UINT(tap_type(&acknowledged), SN_FRAME_ACK);
    CHECK_UINT(acknowledged.bytes[24], 1); /* its base: all has come */
    CHECK(!tap_has_sent(pair.head));
    link_pair_ask(SN_FRAME_ECHO, 10);
    CHECK_TEXT(link_end_heard(pair.head), " sent 3");
    uint64_t patience = sn_link_deadline(&pair.head->link) - pair.head->fake->now_us;
    link_pair_end();
    return patience;
}

static void a_damaged_answer_is_acknowledged_and_measured_like_a_sound_one(void) {
    CHECK_UINT(patience_after(1), patience_after(0));
    CHECK_UINT(patience_after(1), 101250); /* RFC 6298, after a HELLO that took no time */
}

static void what_has_a_tag_is_foreign_and_in_no_other_count(void) {
    static const sn_via packets[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
    for (size_t i = 0; i < 3; i++) {
        link_pair_join(packets[i]);
        for (int type = SN_FRAME_DATA; type <= SN_FRAME_ACK; type++) {
            for (uint8_t flags = 0; flags < 16; flags += 2) {
                tap_frame each = tap_forged((sn_frame_type)type, flags | SN_FLAG_AUTHENTICATED, 2, 40);
                tap_expect_foreign(pair.head, 0, &each);
                tap_expect_foreign(pair.tail, HEAD, &each);
            }
        }
        link_pair_end();
    }
}

static void over_tcp_what_has_a_tag_is_in_no_other_count_either(void) {
    link_pair_join(SN_VIA_TCP);
    sn_link_counts before = pair.head->link.counts;
    uint8_t stream[64] = {40};
    tap_frame tagged = tap_forged(SN_FRAME_RESULT, SN_FLAG_ANSWER | SN_FLAG_AUTHENTICATED, 2, 12);
    memcpy(&stream[4], tagged.bytes, tagged.length);
    sn_link_on_receive(&pair.head->link, SN_VIA_TCP, &(sn_source){0}, stream, 4 + tagged.length);
    before.rx_foreign++;
    CHECK_BYTES(&pair.head->link.counts, sizeof before, &before, sizeof before);
    CHECK_TEXT(link_end_heard(pair.head), " lost edge_lost edge_lost");
    link_pair_end();
}

static void what_is_no_message_ends_a_stream(void) {
    static const struct {
        uint8_t at, is;
    } wrong[] = {{4, 0x54}, {16, 1}, {18, 2}, {19, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        link_pair_join(SN_VIA_TCP);
        uint8_t stream[64] = {40};
        tap_frame sound = tap_forged(SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 2, 12);
        memcpy(&stream[4], sound.bytes, sound.length);
        stream[wrong[i].at] = wrong[i].is;
        sn_link_on_receive(&pair.head->link, SN_VIA_TCP, &(sn_source){0}, stream, 4 + sound.length);
        CHECK_TEXT(link_end_heard(pair.head), " lost protocol protocol");
        CHECK_UINT(pair.head->link.counts.rx_bad_frame, 1);
        link_pair_end();
    }
}

/* With a key: what has no header is no HELLO, which would be told that there is no common one. */
static void a_stream_of_what_has_no_header_is_left_without_a_word(void) {
    sn_reason why;
    uint8_t stream[64] = {44};
    link_pair_make();
    link_pair_give_key(&link_key);
    CHECK_UINT(sn_link_open(&pair.tail->link, SN_VIA_TCP, "", 3333, &why), SN_OK);
    sn_link_on_change(&pair.tail->link, SN_VIA_TCP, SN_OK, NULL, false);
    tap_frame hello = greeting(1);
    memcpy(&stream[4], hello.bytes, hello.length);
    stream[4 + 12] = 7; /* fragment 7 of 1 */
    sn_link_on_receive(&pair.tail->link, SN_VIA_TCP, &(sn_source){0}, stream, 4 + hello.length);
    CHECK(!tap_has_sent(pair.tail));
    CHECK_UINT(pair.tail->link.counts.rx_foreign, 1);
    CHECK(pair.tail->link.state == SN_LINK_OPENING);
    link_pair_end();
}

static void a_hello_that_comes_again_is_answered_until_another_message_begins(void) {
    link_pair_join(SN_VIA_UDP);
    tap_frame hello = greeting(1);
    tap_put(pair.tail, HEAD, &hello);
    tap_frame again = tap_sent(pair.tail);
    CHECK_UINT(tap_type(&again), SN_FRAME_HELLO);
    link_pair_ask(SN_FRAME_DATA, 700);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 700");
    for (uint32_t id = 1; id < 3; id++) { /* the second under the number of that message */
        tap_frame late = greeting(id);
        tap_put(pair.tail, HEAD, &late);
        CHECK(!tap_has_sent(pair.tail));
        CHECK_UINT(pair.tail->link.counts.rx_duplicate, id);
    }
    link_pair_end();
}

static void a_newer_hello_ends_what_was_under_way(void) {
    link_pair_join(SN_VIA_UDP);
    link_pair_ask(SN_FRAME_DATA, 100);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 100");
    tap_frame hello = greeting(3);
    tap_put(pair.tail, HEAD, &hello);
    CHECK_TEXT(link_end_heard(pair.tail), " edge_lost 2");
    CHECK(sn_link_is_up(&pair.tail->link, SN_VIA_UDP));
    link_pair_end();
}

static void a_fragment_that_is_dropped_makes_nothing_of_its_message(void) {
    link_pair_join(SN_VIA_UDP);
    tap_frame cut = tap_forged(SN_FRAME_DATA, 0, 90, 40);
    cut.bytes[14] = 2; /* fragments: the first of them is too short */
    tap_put(pair.tail, STRANGER, &cut);
    CHECK_UINT(pair.tail->link.counts.rx_bad_frame, 1);
    link_pair_ask(SN_FRAME_DATA, 700);
    link_ends_flow(pair.head, pair.tail);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 700");
    link_pair_end();
}

static void an_ack_that_is_damaged_is_counted_as_such(void) {
    link_pair_join(SN_VIA_UDP);
    tap_frame head = tap_forged(SN_FRAME_ACK, SN_FLAG_ANSWER, 2, 12);
    tap_frame tail = tap_forged(SN_FRAME_ACK, 0, 2, 12);
    head.bytes[head.length - 1] ^= 1;
    tail.bytes[tail.length - 1] ^= 1;
    tap_put(pair.head, 0, &head);
    tap_put(pair.tail, HEAD, &tail);
    CHECK_UINT(pair.head->link.counts.rx_bad_crc, 1);
    CHECK_UINT(pair.tail->link.counts.rx_bad_crc, 1);
    CHECK_UINT(pair.head->link.counts.rx_bad_frame + pair.tail->link.counts.rx_bad_frame, 0);
    link_pair_end();
}

static const test_case link_plain_cases[] = {
    TEST(a_damaged_answer_is_acknowledged_and_measured_like_a_sound_one),
    TEST(what_has_a_tag_is_foreign_and_in_no_other_count),
    TEST(over_tcp_what_has_a_tag_is_in_no_other_count_either),
    TEST(what_is_no_message_ends_a_stream),
    TEST(a_stream_of_what_has_no_header_is_left_without_a_word),
    TEST(a_hello_that_comes_again_is_answered_until_another_message_begins),
    TEST(a_newer_hello_ends_what_was_under_way),
    TEST(a_fragment_that_is_dropped_makes_nothing_of_its_message),
    TEST(an_ack_that_is_damaged_is_counted_as_such),
};
SUITE(link_plain, link_plain_cases);
