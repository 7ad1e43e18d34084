/* SPDX-License-Identifier: MIT */
/* sn_link by itself, with a key: what others send, and what is sent again. A packet link's peer is written by hand. */
#include <string.h>

#include "link_end.h"
#include "test.h"

#define HEAD 7u     /* addresses: of the head that link_ends_flow knows, */
#define STRANGER 9u /* and of somebody else */

static const sn_via packets[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};

typedef struct {
    uint8_t bytes[300];
    uint32_t length;
} frame;

static void join(sn_via via) {
    link_pair_make();
    link_pair_give_key(&link_key);
    link_ends_join(pair.head, pair.tail, via);
}

/* The next frame that an end has sent; the test fails if there is none. */
static frame sent_by(link_end *end) {
    fake_port *fake = end->fake;
    fake_frame_lead lead;
    frame taken;
    CHECK(fake->sent_read < fake->sent_length);
    memcpy(&lead, &fake->sent[fake->sent_read], sizeof lead);
    taken.length = (uint32_t)lead.length;
    memcpy(taken.bytes, &fake->sent[fake->sent_read + sizeof lead], lead.length);
    fake->sent_read += sizeof lead + lead.length;
    return taken;
}

static bool has_sent(const link_end *end) {
    return end->fake->sent_read < end->fake->sent_length;
}

static void put(link_end *end, uint64_t from, const frame *given) {
    sn_link_on_receive(&end->link, end->link.via, &(sn_source){.address = from}, given->bytes, given->length);
}

static uint8_t type_of(const frame *of) {
    return of->bytes[2] & 0x0F;
}

/* Puts a frame to an end, which takes no notice but counts it. */
static void expect_foreign(link_end *end, uint64_t from, const frame *given) {
    sn_link_counts before = end->link.counts;
    uint64_t deadline = sn_link_deadline(&end->link);
    put(end, from, given);
    before.rx_foreign++;
    CHECK_BYTES(&end->link.counts, sizeof before, &before, sizeof before);
    CHECK(!has_sent(end));
    CHECK_TEXT(link_end_heard(end), "");
    CHECK_UINT(sn_link_deadline(&end->link), deadline);
}

/* A frame of an echo under way, of one fragment, and the answer that is under way, which has not arrived. */
static void ask(frame *request, frame *answer) {
    pair.tail->answers = true;
    link_pair_ask(SN_FRAME_ECHO, 100);
    *request = sent_by(pair.head);
    put(pair.tail, HEAD, request);
    *answer = sent_by(pair.tail);
    (void)link_end_heard(pair.tail);
    (void)link_end_heard(pair.head);
}

static void a_frame_of_which_any_bit_was_changed_changes_nothing(void) {
    for (size_t i = 0; i < 2; i++) {
        frame request, answer;
        join(packets[i]);
        link_pair_ask(SN_FRAME_ECHO, 20);
        request = sent_by(pair.head);
        CHECK_TEXT(link_end_heard(pair.head), " sent 2");
        for (uint32_t bit = 0; bit < 8 * request.length; bit++) {
            frame changed = request;
            changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (type_of(&changed) != SN_FRAME_HELLO) {
                expect_foreign(pair.tail, HEAD, &changed);
            }
        }
        for (uint32_t length = 0; length < request.length; length++) {
            frame cut = request;
            cut.length = length;
            expect_foreign(pair.tail, HEAD, &cut);
        }
        pair.tail->answers = true;
        put(pair.tail, HEAD, &request);
        CHECK_TEXT(link_end_heard(pair.tail), " ECHO 2 of 20");
        answer = sent_by(pair.tail);
        for (uint32_t bit = 0; bit < 8 * answer.length; bit++) {
            frame changed = answer;
            changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            expect_foreign(pair.head, 0, &changed);
        }
        put(pair.head, 0, &answer);
        CHECK_TEXT(link_end_heard(pair.head), " ECHO_REPLY 2 of 20");
        link_pair_end();
    }
}

/* As whoever has no key would make it. */
static frame forged(sn_frame_type type, uint8_t flags, uint32_t id, uint32_t size) {
    frame made;
    sn_message message;
    sn_header header = {.type = (uint8_t)type, .flags = flags, .session = FAKE_SESSION, .message = id};
    sn_message_init(&message, &header, FAKE_MODEL_ID, (sn_bytes){link_payload, size}, (sn_bytes){0});
    made.length = sn_message_fragment(&message, 234, 0, false, made.bytes);
    return made;
}

static void what_is_forged_without_a_key_changes_nothing(void) {
    for (size_t i = 0; i < 3; i++) {
        frame request, answer;
        join(packets[i]);
        uint64_t head = packets[i] == SN_VIA_BLE ? 7 : HEAD;
        ask(&request, &answer);
        for (uint8_t flags = 0; flags < 16; flags++) {
            for (uint8_t type = 0; type < 16; type++) {
                for (uint32_t id = 1; id < 4; id++) {
                    frame each = forged((sn_frame_type)type, flags, id, 12);
                    bool is_hello = type == SN_FRAME_HELLO && (flags & SN_FLAG_ANSWER) == 0;
                    expect_foreign(pair.head, 0, &each);
                    if (!is_hello) {
                        expect_foreign(pair.tail, head, &each);
                    }
                }
            }
        }
        put(pair.head, 0, &answer);
        CHECK_TEXT(link_end_heard(pair.head), " ECHO_REPLY 2 of 100");
        link_pair_end();
    }
}

static void what_an_end_has_sent_is_nothing_to_itself(void) {
    frame request, answer;
    join(SN_VIA_UDP);
    ask(&request, &answer);
    expect_foreign(pair.head, 0, &request);
    expect_foreign(pair.tail, HEAD, &answer);
    link_pair_end();
}

static void what_comes_again_from_elsewhere_is_foreign(void) {
    frame request, answer;
    join(SN_VIA_UDP);
    ask(&request, &answer);
    request.bytes[3] |= SN_FLAG_ACK_REQUESTED; /* else it would have to be answered */
    expect_foreign(pair.tail, STRANGER, &request);
    request.bytes[3] &= (uint8_t)~SN_FLAG_ACK_REQUESTED;
    expect_foreign(pair.tail, STRANGER, &request);
    link_pair_end();
}

static void a_fragment_of_another_place_is_no_fragment_of_this_one(void) {
    join(SN_VIA_UDP);
    link_pair_ask(SN_FRAME_DATA, 700);
    CHECK_TEXT(link_end_heard(pair.head), " sent 2");
    frame parts[4];
    for (size_t i = 0; i < 4; i++) {
        parts[i] = sent_by(pair.head);
    }
    frame exchanged = parts[0];
    memcpy(&exchanged.bytes[16], &parts[1].bytes[16], 234);
    expect_foreign(pair.tail, HEAD, &exchanged);
    exchanged = parts[0];
    exchanged.bytes[12] = 1; /* its index */
    expect_foreign(pair.tail, HEAD, &exchanged);
    for (size_t i = 0; i < 4; i++) {
        put(pair.tail, HEAD, &parts[3 - i]);
    }
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 2 of 700");
    link_pair_end();
}

/* What a head and a tail say at first, taken down; the head's first echo has been answered. */
static frame hello, first;

static void record(sn_via via) {
    sn_reason why;
    link_pair_make();
    link_pair_give_key(&link_key);
    pair.head->fake->frame_limit = pair.tail->fake->frame_limit = 250;
    CHECK_UINT(sn_link_open(&pair.tail->link, via, "", 3333, &why), SN_OK);
    CHECK_UINT(sn_link_open(&pair.head->link, via, "host", 4000, &why), SN_OK);
    sn_link_on_change(&pair.tail->link, via, SN_OK, NULL, false);
    sn_link_on_change(&pair.head->link, via, SN_OK, NULL, false);
    hello = sent_by(pair.head);
    put(pair.tail, HEAD, &hello);
    frame answer = sent_by(pair.tail);
    CHECK_UINT(answer.length, hello.length);
    CHECK_TEXT(link_end_heard(pair.tail), via == SN_VIA_BLE ? " up" : "");
    put(pair.head, 0, &answer);
    CHECK_TEXT(link_end_heard(pair.head), " up");
    if (via != SN_VIA_BLE) {
        first = sent_by(pair.head);
        CHECK_UINT(type_of(&first), SN_FRAME_ACK);
        put(pair.tail, HEAD, &first);
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
        put(pair.tail, HEAD, &hello);
        put(pair.tail, STRANGER, &hello);
        CHECK(!has_sent(pair.tail));
        CHECK_UINT(pair.tail->link.counts.rx_duplicate, duplicates + 2);
        CHECK(sn_link_is_up(&pair.tail->link, packets[i]));
        link_pair_end();
    }
}

/* Another head, which has the key, speaks to the tail; or somebody who has kept what it said. */
static frame other_hello;
static link_end *other;

static void other_greets(void) {
    sn_reason why;
    other = link_end_new(SN_ROLE_HEAD);
    other->link.own_session = 0x0DDBA11;
    other->fake->frame_limit = 250;
    sn_link_set_key(&other->link, &link_key);
    CHECK_UINT(sn_link_open(&other->link, pair.tail->link.via, "host", 4000, &why), SN_OK);
    sn_link_on_change(&other->link, pair.tail->link.via, SN_OK, NULL, false);
    other_hello = sent_by(other);
    put(pair.tail, STRANGER, &other_hello);
}

static void a_replayed_hello_is_answered_but_ends_no_session(void) {
    for (size_t i = 0; i < 3; i++) {
        frame request, answer;
        record(packets[i]);
        other_greets();
        frame to_other = sent_by(pair.tail);
        CHECK_UINT(type_of(&to_other), SN_FRAME_HELLO);
        CHECK_UINT(to_other.length, other_hello.length);
        CHECK_TEXT(link_end_heard(pair.tail), "");
        CHECK(sn_link_is_up(&pair.tail->link, packets[i]));
        put(pair.tail, STRANGER, &other_hello); /* once more: it is the same HELLO, and so is its answer */
        frame again = sent_by(pair.tail);
        CHECK_BYTES(again.bytes, again.length, to_other.bytes, to_other.length);
        ask(&request, &answer);
        put(pair.head, 0, &answer);
        CHECK_TEXT(link_end_heard(pair.head), " ECHO_REPLY 3 of 100");
        link_end_free(other);
        link_pair_end();
    }
}

static void a_session_takes_the_place_of_another_with_its_first_frame(void) {
    for (size_t i = 0; i < 3; i++) {
        frame request, answer;
        record(packets[i]);
        other_greets();
        frame to_other = sent_by(pair.tail);
        put(other, 0, &to_other);
        CHECK_TEXT(link_end_heard(other), " up");
        if (packets[i] == SN_VIA_BLE) {
            sn_link_send(&other->link, SN_FRAME_ECHO, 0, sn_link_new_id(&other->link), (sn_bytes){link_payload, 3},
                         (sn_bytes){0});
            sn_link_go_on(&other->link);
            CHECK_TEXT(link_end_heard(other), " sent 2");
        }
        frame begins = sent_by(other);
        expect_foreign(pair.tail, STRANGER + 1, &begins);
        put(pair.tail, STRANGER, &begins);
        CHECK_TEXT(link_end_heard(pair.tail), packets[i] == SN_VIA_BLE ? " lost edge_lost edge_lost up ECHO 2 of 3"
                                                                       : " lost edge_lost edge_lost up");
        pair.tail->fake->sent_read = pair.tail->fake->sent_length;
        link_pair_ask(SN_FRAME_ECHO, 20); /* the head before is heard no more, */
        request = sent_by(pair.head);
        CHECK_TEXT(link_end_heard(pair.head), " sent 3");
        expect_foreign(pair.tail, HEAD, &request);
        put(pair.tail, STRANGER, &hello); /* nor does a HELLO of it begin anything */
        CHECK(!has_sent(pair.tail));
        answer = forged(SN_FRAME_ERROR, SN_FLAG_ANSWER, 3, 4);
        expect_foreign(pair.head, 0, &answer);
        link_end_free(other);
        link_pair_end();
    }
}

static void a_head_whose_session_would_begin_during_work_for_another_is_told_busy(void) {
    record(SN_VIA_UDP);
    other_greets();
    frame to_other = sent_by(pair.tail);
    put(other, 0, &to_other);
    frame begins = sent_by(other);
    pair.tail->answers = false;
    link_pair_ask(SN_FRAME_DATA, 50);
    frame request = sent_by(pair.head);
    put(pair.tail, HEAD, &request);
    CHECK_TEXT(link_end_heard(pair.tail), " DATA 3 of 50");
    (void)sent_by(pair.tail); /* its ACK */
    put(pair.tail, STRANGER, &other_hello);
    frame busy = sent_by(pair.tail);
    CHECK_UINT(type_of(&busy), SN_FRAME_ERROR);
    CHECK(busy.length <= other_hello.length);
    sn_link_send(&other->link, SN_FRAME_ECHO, 0, sn_link_new_id(&other->link), (sn_bytes){link_payload, 3},
                 (sn_bytes){0});
    sn_link_go_on(&other->link);
    frame echo = sent_by(other);
    CHECK_TEXT(link_end_heard(other), " up sent 2");
    put(pair.tail, STRANGER, &begins);
    (void)sent_by(pair.tail);
    put(pair.tail, STRANGER, &echo);
    CHECK_TEXT(link_end_heard(pair.tail), "");
    busy = sent_by(pair.tail);
    put(other, 0, &busy);
    CHECK_TEXT(link_end_heard(other), " busy 2");
    sn_link_send(&pair.tail->link, SN_FRAME_RESULT, SN_FLAG_ANSWER, 3, (sn_bytes){link_payload, 9}, (sn_bytes){0});
    sn_link_go_on(&pair.tail->link);
    frame result = sent_by(pair.tail);
    put(pair.head, 0, &result);
    CHECK_TEXT(link_end_heard(pair.head), " sent 3 RESULT 3 of 9");
    CHECK_TEXT(link_end_heard(pair.tail), " sent 3");
    link_end_free(other);
    link_pair_end();
}

static const test_case link_foreign_cases[] = {
    TEST(a_frame_of_which_any_bit_was_changed_changes_nothing),
    TEST(what_is_forged_without_a_key_changes_nothing),
    TEST(what_an_end_has_sent_is_nothing_to_itself),
    TEST(what_comes_again_from_elsewhere_is_foreign),
    TEST(a_fragment_of_another_place_is_no_fragment_of_this_one),
    TEST(the_asking_side_acknowledges_the_answer_to_its_hello_and_so_the_session_begins),
    TEST(a_hello_of_a_session_that_has_begun_is_dropped),
    TEST(a_replayed_hello_is_answered_but_ends_no_session),
    TEST(a_session_takes_the_place_of_another_with_its_first_frame),
    TEST(a_head_whose_session_would_begin_during_work_for_another_is_told_busy),
};
SUITE(link_foreign, link_foreign_cases);
