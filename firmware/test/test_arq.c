/* SPDX-License-Identifier: MIT */
/* Selective repeat against the traces that the Python implementation follows too. */
#include <string.h>

#include "wire/exchange.h"
#include "test.h"
#include "vectors.h"

static void ack_row(const vector_row *row) {
    uint8_t payload[SN_ACK_SIZE + 1];
    uint8_t packed[SN_ACK_SIZE];
    sn_ack ack;
    if (vector_is(row, 0, "bad")) {
        uint32_t length = (uint32_t)vector_bytes(row, 1, payload, sizeof payload);
        CHECK(!sn_ack_unpack(&ack, (sn_bytes){payload, length}));
        return;
    }
    CHECK_UINT(vector_bytes(row, 3, payload, sizeof payload), SN_ACK_SIZE);
    CHECK(sn_ack_unpack(&ack, (sn_bytes){payload, SN_ACK_SIZE}));
    CHECK_UINT(ack.base, vector_number(row, 0));
    CHECK_UINT(ack.window, (uint64_t)vector_number(row, 2) << 32 | vector_number(row, 1));
    sn_ack_pack(&ack, packed);
    CHECK_BYTES(packed, sizeof packed, payload, SN_ACK_SIZE);
}

static void acks_are_packed_and_unpacked_as_the_vectors_say(void) {
    vectors_each("ack.txt", ack_row);
}

static void an_ack_has_what_is_below_its_base_or_in_its_window(void) {
    sn_ack ack = {.base = 3, .window = UINT64_C(1) << 63 | 2};
    for (uint32_t index = 0; index < 200; index++) {
        CHECK_UINT(sn_ack_has(&ack, index), index < 3 || index == 5 || index == 67);
    }
    CHECK(!sn_ack_has(&ack, UINT32_MAX));
    CHECK(!sn_ack_has(&(sn_ack){0}, 0));
}

static sn_rto rto;
static sn_exchange exchange;
static sn_sender answer;
static bool answers; /* the trace is of the answering side now */

/* Decimal, or hexadecimal behind 0x; up to a question mark. */
static uint64_t number(const char *word) {
    bool is_hex = strncmp(word, "0x", 2) == 0;
    const char *digits = "0123456789abcdef";
    uint64_t value = 0;
    const char *at = is_hex ? &word[2] : word;
    CHECK(*at != '\0' && *at != '?');
    for (; *at != '\0' && *at != '?'; at++) {
        const char *digit = strchr(digits, *at);
        CHECK(digit != NULL && digit - digits < (is_hex ? 16 : 10));
        value = value * (is_hex ? 16 : 10) + (uint64_t)(digit - digits);
    }
    return value;
}

static bool next(sn_exchange_out *out) {
    if (answers) {
        out->what = SN_OUT_FRAGMENT;
        return sn_sender_next(&answer, &out->fragment);
    }
    return sn_exchange_next(&exchange, out);
}

static void send_row(const vector_row *row) {
    sn_exchange_out out;
    uint64_t now = number(row->word[1]);
    for (size_t i = 2; i < row->count; i++) {
        CHECK(next(&out));
        bool is_poll = strcmp(row->word[i], "poll") == 0;
        CHECK_UINT(out.what == SN_OUT_POLL, is_poll);
        if (!is_poll) {
            CHECK_UINT(out.fragment.index, number(row->word[i]));
            CHECK_UINT(out.fragment.ack_requested, strchr(row->word[i], '?') != NULL);
        }
        if (answers) {
            sn_sender_transmitted(&answer, &out.fragment, now);
        } else {
            sn_exchange_transmitted(&exchange, &out, now);
        }
    }
    CHECK_UINT(next(&out), vector_is(row, 0, "take"));
}

/* What holds now; false if the row is not about that. */
static bool check_row(const vector_row *row) {
    static const char *const states[] = {"sending", "waiting", "coming", "done", "failed"};
    const char *word = row->count > 1 ? row->word[1] : "";
    if (vector_is(row, 0, "state")) {
        CHECK_TEXT(states[exchange.state], word);
    } else if (vector_is(row, 0, "deadline")) {
        CHECK_UINT(sn_exchange_deadline(&exchange), strcmp(word, "-") == 0 ? UINT64_MAX : number(word));
    } else if (vector_is(row, 0, "rto")) {
        CHECK_UINT(rto.timeout_us, number(word));
    } else if (vector_is(row, 0, "resent")) {
        CHECK_UINT(answers ? answer.resent : exchange.sender.resent, number(word));
    } else if (vector_is(row, 0, "polls")) {
        CHECK_UINT(exchange.polls, number(word));
    } else {
        return false;
    }
    return true;
}

static void event_row(const vector_row *row) {
    uint64_t now = row->count > 1 ? number(row->word[1]) : 0;
    uint64_t second = row->count > 2 ? number(row->word[2]) : 0;
    sn_ack ack = {.base = (uint32_t)second, .window = row->count > 3 ? number(row->word[3]) : 0};
    if (vector_is(row, 0, "peer")) {
        sn_rto_init(&rto);
    } else if (vector_is(row, 0, "ask")) {
        answers = false;
        sn_exchange_begin(&exchange, &rto, (uint32_t)second, now);
    } else if (vector_is(row, 0, "answer")) {
        answers = true;
        sn_sender_init(&answer, SN_SEND_ANSWER, (uint32_t)now);
    } else if (vector_is(row, 0, "ack") && answers) {
        sn_sender_on_ack(&answer, &ack, now);
    } else if (vector_is(row, 0, "ack")) {
        sn_exchange_on_ack(&exchange, &ack, now);
    } else if (vector_is(row, 0, "poll")) {
        sn_sender_on_poll(&answer, &ack, now);
    } else if (vector_is(row, 0, "fragment")) {
        sn_exchange_on_fragment(&exchange, second != 0, now);
    } else if (vector_is(row, 0, "timer")) {
        sn_exchange_on_timer(&exchange, now);
    } else {
        CHECK(vector_is(row, 0, "end"));
        sn_exchange_end(&exchange);
    }
}

static void trace_row(const vector_row *row) {
    if (vector_is(row, 0, "out") || vector_is(row, 0, "take")) {
        send_row(row);
    } else if (!check_row(row)) {
        event_row(row);
    }
}

static void what_goes_out_and_when_is_what_the_traces_say(void) {
    vectors_each("arq.txt", trace_row);
}

static void there_is_no_probe_while_something_waits_or_nothing_is_on_the_way(void) {
    sn_sender sender;
    sn_fragment_out out;
    sn_sender_init(&sender, SN_SEND_REQUEST, 3);
    for (uint32_t index = 0; index < 2; index++) {
        sn_sender_probe(&sender);
        CHECK(sn_sender_next(&sender, &out));
        CHECK_UINT(out.index, index);
        CHECK(!out.ack_requested);
        sn_sender_transmitted(&sender, &out, 0);
    }
    CHECK_UINT(sender.resent, 0);
}

static const test_case arq_cases[] = {
    TEST(acks_are_packed_and_unpacked_as_the_vectors_say),
    TEST(an_ack_has_what_is_below_its_base_or_in_its_window),
    TEST(what_goes_out_and_when_is_what_the_traces_say),
    TEST(there_is_no_probe_while_something_waits_or_nothing_is_on_the_way),
};
SUITE(arq, arq_cases);
