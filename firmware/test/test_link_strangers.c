/* SPDX-License-Identifier: MIT */
/* sn_link by itself: ends that have not been given the same key, and strangers who speak to one that has. */
#include <string.h>

#include "link_end.h"
#include "test.h"

static const sn_via packets[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
static const sn_via vias[] = {SN_VIA_TCP, SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
#define VIAS (sizeof vias / sizeof vias[0])
static const sn_key other_key = {{1}};

static void open_both(sn_via via, const sn_key *heads, const sn_key *tails) {
    sn_reason why;
    link_pair_make();
    sn_link_set_key(&pair.head->link, heads);
    sn_link_set_key(&pair.tail->link, tails);
    pair.head->fake->frame_limit = pair.tail->fake->frame_limit = 250;
    CHECK_UINT(sn_link_open(&pair.tail->link, via, "", 3333, &why), SN_OK);
    CHECK_UINT(sn_link_open(&pair.head->link, via, "host", 4000, &why), SN_OK);
    sn_link_on_change(&pair.tail->link, via, SN_OK, NULL, false);
    sn_link_on_change(&pair.head->link, via, SN_OK, NULL, false);
}

static void ends_without_a_common_key_do_not_come_together_and_say_so(void) {
    static const struct {
        const sn_key *head, *tail;
    } keys[] = {{&link_key, &other_key}, {&link_key, NULL}, {NULL, &link_key}};
    for (size_t i = 0; i < VIAS; i++) {
        for (size_t j = 0; j < 3; j++) {
            open_both(vias[i], keys[j].head, keys[j].tail);
            link_ends_flow(pair.head, pair.tail);
            if (keys[j].head != NULL && vias[i] != SN_VIA_TCP) { /* anybody can have said it */
                CHECK_TEXT(link_end_heard(pair.head), "");
                link_ends_pass(pair.head, pair.tail, SN_LINK_PATIENCE_US + 1000000);
            }
            CHECK_TEXT(link_end_heard(pair.head), " lost auth auth");
            CHECK_TEXT(link_end_heard(pair.tail), "");
            CHECK(!sn_link_is_up(&pair.tail->link, vias[i]));
            CHECK(pair.tail->link.counts.rx_foreign != 0);
            CHECK_UINT(pair.head->link.counts.rx_foreign != 0, keys[j].head != NULL);
            link_pair_end();
        }
    }
}

/* What somebody without a key sends to a tail, of `size` bytes behind the header. */
static uint32_t stranger_says(uint8_t type, uint8_t flags, uint32_t size, uint8_t *frame) {
    sn_header header = {.type = type, .flags = flags, .session = 0xBAD, .message = 1, .count = 1};
    sn_header_pack(&header, frame);
    memset(&frame[SN_HEADER_SIZE], 0x5A, size);
    return SN_HEADER_SIZE + size;
}

static void a_stranger_is_told_in_no_more_bytes_than_it_has_sent_and_once_a_second(void) {
    static uint8_t bytes[256];
    for (size_t i = 0; i < 3; i++) {
        link_pair_make();
        link_pair_give_key(&link_key);
        link_ends_join(pair.head, pair.tail, packets[i]);
        fake_port *fake = pair.tail->fake;
        for (uint32_t size = 0; size < 200; size++) {
            fake_frame_lead lead = {0};
            uint32_t length = stranger_says(SN_FRAME_HELLO, size % 2 == 0 ? 0 : SN_FLAG_AUTHENTICATED, size, bytes);
            fake->now_us += 1000000;
            sn_link_on_receive(&pair.tail->link, packets[i], &(sn_source){.address = 99}, bytes, length);
            if (length < SN_HEADER_SIZE + SN_BODY_OVERHEAD + 4) {
                CHECK(fake->sent_read == fake->sent_length);
                continue;
            }
            CHECK(fake->sent_read < fake->sent_length);
            memcpy(&lead, &fake->sent[fake->sent_read], sizeof lead);
            CHECK_UINT(lead.to, 99);
            CHECK(lead.length <= length && lead.length <= SN_LINK_FRAME_LEAST);
            const uint8_t *answer = &fake->sent[fake->sent_read + sizeof lead];
            sn_header header;
            sn_body body;
            CHECK(sn_header_unpack(&header, answer, lead.length));
            CHECK_UINT(header.type, SN_FRAME_ERROR);
            CHECK_UINT(header.flags, SN_FLAG_ANSWER);
            CHECK(sn_body_open(&body, &answer[SN_HEADER_SIZE], (uint32_t)lead.length - SN_HEADER_SIZE));
            CHECK_UINT(sn_get_u16(body.payload.data), SN_ERR_AUTH);
            fake->sent_read = fake->sent_length;
            fake->now_us += 999999;
            sn_link_on_receive(&pair.tail->link, packets[i], &(sn_source){.address = 98}, bytes, length);
            CHECK(fake->sent_read == fake->sent_length);
        }
        CHECK(sn_link_is_up(&pair.tail->link, packets[i]));
        link_pair_end();
    }
}

static void a_forged_refusal_keeps_nobody_from_greeting(void) {
    uint8_t frame[64];
    static const uint8_t payload[] = {SN_ERR_AUTH, 0, 0, 0};
    for (size_t i = 0; i < 3; i++) {
        sn_message refusal;
        open_both(packets[i], &link_key, &link_key);
        sn_header header = {
            .type = SN_FRAME_ERROR, .flags = SN_FLAG_ANSWER, .session = FAKE_SESSION, .message = pair.head->link.hello};
        sn_message_init(&refusal, &header, 0, (sn_bytes){payload, sizeof payload}, (sn_bytes){0});
        uint32_t length = sn_message_fragment(&refusal, 100, 0, false, frame);
        sn_link_on_receive(&pair.head->link, packets[i], &(sn_source){0}, frame, length);
        CHECK_UINT(pair.head->link.counts.rx_foreign, 1);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.head), " up");
        CHECK_TEXT(link_end_heard(pair.tail), " up");
        link_pair_end();
    }
}

/* The tail over TCP. Somebody connects. */
static void a_stranger_connects(void) {
    sn_link_on_change(&pair.tail->link, SN_VIA_TCP, SN_OK, NULL, false);
}

static void a_stranger_over_tcp_is_turned_away_and_the_tail_goes_on_listening(void) {
    static uint8_t bytes[300];
    sn_reason why;
    link_pair_make();
    link_pair_give_key(&link_key);
    CHECK_UINT(sn_link_open(&pair.tail->link, SN_VIA_TCP, "", 3333, &why), SN_OK);
    for (uint32_t i = 0; i < 6; i++) {
        fake_port *fake = pair.tail->fake;
        uint32_t opens = fake->link_opens;
        uint32_t length = 4;
        a_stranger_connects();
        if (i < 4) {
            static const uint8_t types[] = {SN_FRAME_HELLO, SN_FRAME_HELLO, SN_FRAME_DATA, 15};
            length += stranger_says(types[i], i == 1 ? SN_FLAG_AUTHENTICATED : 0, 60, &bytes[4]);
            sn_put_u32(bytes, length - 4);
        } else if (i == 4) {
            sn_put_u32(bytes, 0xFFFFFFFF);
        }
        if (i < 5) {
            sn_link_on_receive(&pair.tail->link, SN_VIA_TCP, &(sn_source){0}, bytes, length);
        } else { /* it only listens */
            fake->now_us += SN_LINK_PATIENCE_US;
            CHECK_UINT(sn_link_deadline(&pair.tail->link), fake->now_us);
            sn_link_on_timer(&pair.tail->link, fake->now_us);
        }
        CHECK_TEXT(link_end_heard(pair.tail), "");
        CHECK_UINT(fake->link_opens, opens + 1); /* to listen again, which ends the connection */
        CHECK_UINT(fake->sent_length != 0, i < 2);
        CHECK(fake->sent_length <= length);
        fake->sent_length = 0;
        CHECK_UINT(pair.tail->link.counts.rx_foreign, i < 5 ? i + 1 : 5);
    }
    CHECK_UINT(pair.tail->fake->link_closes, 0);
    link_ends_join(pair.head, pair.tail, SN_VIA_TCP);
    link_pair_end();
}

static void a_forged_message_ends_a_connection_over_tcp(void) {
    static uint8_t bytes[100];
    for (int at_head = 0; at_head < 2; at_head++) {
        link_pair_make();
        link_pair_give_key(&link_key);
        link_ends_join(pair.head, pair.tail, SN_VIA_TCP);
        link_end *end = at_head != 0 ? pair.head : pair.tail;
        uint32_t length = 4 + stranger_says(SN_FRAME_ECHO, SN_FLAG_AUTHENTICATED, 50, &bytes[4]);
        sn_put_u32(bytes, length - 4);
        sn_put_u32(&bytes[8], FAKE_SESSION);
        sn_link_on_receive(&end->link, SN_VIA_TCP, &(sn_source){0}, bytes, length);
        CHECK_TEXT(link_end_heard(end), " lost edge_lost edge_lost");
        CHECK_UINT(end->link.counts.rx_foreign, 1);
        CHECK(end->fake->sent_read == end->fake->sent_length);
        link_pair_end();
    }
}

static void what_was_said_under_the_same_key_before_is_foreign_to_a_new_connection(void) {
    for (size_t i = 0; i < VIAS; i++) {
        static uint8_t kept[2000];
        sn_reason why;
        open_both(vias[i], &link_key, &link_key);
        link_ends_flow(pair.head, pair.tail);
        link_pair_ask(SN_FRAME_DATA, 100);
        fake_port *fake = pair.head->fake;
        size_t length = fake->sent_length - fake->sent_read;
        memcpy(kept, &fake->sent[fake->sent_read], length);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " up DATA 2 of 100");
        CHECK_UINT(sn_link_open(&pair.tail->link, vias[i], "", 3333, &why), SN_OK);
        CHECK_UINT(sn_link_open(&pair.head->link, vias[i], "host", 4000, &why), SN_OK);
        sn_link_on_change(&pair.tail->link, vias[i], SN_OK, NULL, false);
        sn_link_on_change(&pair.head->link, vias[i], SN_OK, NULL, false);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.tail), " up");
        size_t lead = vias[i] == SN_VIA_TCP ? 0 : sizeof(fake_frame_lead);
        uint64_t from = 7;
        sn_link_on_receive(&pair.tail->link, vias[i], &(sn_source){.address = from}, &kept[lead], length - lead);
        CHECK_TEXT(link_end_heard(pair.tail), vias[i] == SN_VIA_TCP ? " lost edge_lost edge_lost" : "");
        CHECK_UINT(pair.tail->link.counts.rx_foreign, 1);
        CHECK_TEXT(link_end_heard(pair.head), " up sent 2 up");
        link_pair_end();
    }
}

static void another_key_ends_what_is_open_without_a_word(void) {
    for (size_t i = 0; i < VIAS; i++) {
        open_both(vias[i], NULL, NULL);
        link_ends_flow(pair.head, pair.tail);
        CHECK_TEXT(link_end_heard(pair.head), " up");
        CHECK_TEXT(link_end_heard(pair.tail), " up");
        link_pair_give_key(&link_key);
        CHECK_TEXT(link_end_heard(pair.head), "");
        CHECK(!sn_link_is_up(&pair.head->link, vias[i]) && !sn_link_is_up(&pair.tail->link, vias[i]));
        CHECK_UINT(pair.head->fake->link_closes, 1);
        CHECK_UINT(pair.tail->fake->link_closes, 1);
        CHECK_UINT(sn_link_deadline(&pair.head->link), UINT64_MAX);
        pair.head->fake->sent_read = pair.head->fake->sent_length;
        pair.tail->fake->sent_read = pair.tail->fake->sent_length;
        link_ends_join(pair.head, pair.tail, vias[i]);
        link_pair_end();
    }
}

static const test_case link_strangers_cases[] = {
    TEST(ends_without_a_common_key_do_not_come_together_and_say_so),
    TEST(a_stranger_is_told_in_no_more_bytes_than_it_has_sent_and_once_a_second),
    TEST(a_forged_refusal_keeps_nobody_from_greeting),
    TEST(a_stranger_over_tcp_is_turned_away_and_the_tail_goes_on_listening),
    TEST(a_forged_message_ends_a_connection_over_tcp),
    TEST(what_was_said_under_the_same_key_before_is_foreign_to_a_new_connection),
    TEST(another_key_ends_what_is_open_without_a_word),
};
SUITE(link_strangers, link_strangers_cases);
