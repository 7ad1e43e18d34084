/* SPDX-License-Identifier: MIT */
#include "wiretap.h"

#include <string.h>

#include "test.h"

void tap_join(sn_via via) {
    link_pair_make();
    link_pair_give_key(&link_key);
    link_ends_join(pair.head, pair.tail, via);
}

tap_frame tap_sent(link_end *end) {
    fake_port *fake = end->fake;
    fake_frame_lead lead;
    tap_frame taken;
    CHECK(fake->sent_read < fake->sent_length);
    memcpy(&lead, &fake->sent[fake->sent_read], sizeof lead);
    taken.length = (uint32_t)lead.length;
    memcpy(taken.bytes, &fake->sent[fake->sent_read + sizeof lead], lead.length);
    fake->sent_read += sizeof lead + lead.length;
    return taken;
}

bool tap_has_sent(const link_end *end) {
    return end->fake->sent_read < end->fake->sent_length;
}

void tap_put(link_end *end, uint64_t from, const tap_frame *given) {
    sn_link_on_receive(&end->link, end->link.via, &(sn_source){.address = from}, given->bytes, given->length);
}

uint8_t tap_type(const tap_frame *of) {
    return of->bytes[2] & 0x0F;
}

void tap_expect_foreign(link_end *end, uint64_t from, const tap_frame *given) {
    sn_link_counts before = end->link.counts;
    uint64_t deadline = sn_link_deadline(&end->link);
    tap_put(end, from, given);
    before.rx_foreign++;
    CHECK_BYTES(&end->link.counts, sizeof before, &before, sizeof before);
    CHECK(!tap_has_sent(end));
    CHECK_TEXT(link_end_heard(end), "");
    CHECK_UINT(sn_link_deadline(&end->link), deadline);
}

void tap_ask(tap_frame *request, tap_frame *answer) {
    pair.tail->answers = true;
    link_pair_ask(SN_FRAME_ECHO, 100);
    *request = tap_sent(pair.head);
    tap_put(pair.tail, HEAD, request);
    *answer = tap_sent(pair.tail);
    (void)link_end_heard(pair.tail);
    (void)link_end_heard(pair.head);
}

tap_frame tap_forged(sn_frame_type type, uint8_t flags, uint32_t id, uint32_t size) {
    tap_frame made;
    sn_message message;
    sn_header header = {.type = (uint8_t)type, .flags = flags, .session = FAKE_SESSION, .message = id};
    sn_message_init(&message, &header, FAKE_MODEL_ID, (sn_bytes){link_payload, size}, (sn_bytes){0});
    made.length = sn_message_fragment(&message, 234, 0, false, made.bytes);
    return made;
}
