/* SPDX-License-Identifier: MIT */
/*
 * One end of a link as a shared library: the core's sn_link with an owner that writes down what it hears, for a program
 * that drives another implementation of docs/protocol.md with the same events and compares (tests/fuzz).
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "link_end.h"
#include "test.h"

link_end *core_new(uint8_t role, uint8_t via, uint32_t frame_limit, const uint8_t *key);
void core_free(link_end *end);
void core_time(link_end *end, uint64_t now);
uint64_t core_deadline(const link_end *end);
void core_timer(link_end *end);
void core_frame(link_end *end, uint64_t from, const uint8_t *frame, size_t length);
uint32_t core_ask(link_end *end, uint8_t type, uint8_t flags, const uint8_t *payload, uint32_t length);
void core_answer(link_end *end, uint8_t type, uint32_t id, const uint8_t *payload, uint32_t length);
size_t core_sent(link_end *end, uint8_t *to, size_t capacity);
const char *core_heard(link_end *end);
uint32_t core_count(const link_end *end, uint8_t which);
bool core_is_up(const link_end *end);
bool core_is_in_use(const link_end *end);

/* ECHO is answered at once, as a node does it; what else there is to answer waits for core_answer. */
static const sn_link_events *writing; /* link_end's own */

static bool message(void *owner, const sn_header *header, const sn_body *body) {
    link_end *end = owner;
    end->answers = header->type == SN_FRAME_ECHO;
    return writing->message(owner, header, body);
}

/* Opened; the port says at once that it is. `key` is NULL or has 16 bytes. */
link_end *core_new(uint8_t role, uint8_t via, uint32_t frame_limit, const uint8_t *key) {
    sn_reason why;
    link_end *end = link_end_new((sn_role)role);
    static sn_link_events events;
    writing = end->link.events;
    events = *writing;
    events.message = message;
    end->link.events = &events;
    end->fake->frame_limit = frame_limit;
    if (key != NULL) {
        sn_key given;
        memcpy(given.bytes, key, sizeof given.bytes);
        sn_link_set_key(&end->link, &given);
    }
    CHECK_UINT(sn_link_open(&end->link, (sn_via)via, "", 3333, &why), SN_OK);
    sn_link_on_change(&end->link, (sn_via)via, SN_OK, NULL, false);
    return end;
}

void core_free(link_end *end) {
    link_end_free(end);
}

void core_time(link_end *end, uint64_t now) {
    end->fake->now_us = now;
}

uint64_t core_deadline(const link_end *end) {
    return sn_link_deadline(&end->link);
}

void core_timer(link_end *end) {
    sn_link_on_timer(&end->link, end->fake->now_us);
    sn_link_go_on(&end->link);
}

void core_frame(link_end *end, uint64_t from, const uint8_t *frame, size_t length) {
    uint8_t *copy = malloc(length + 1); /* so that a sanitizer sees what is read beside it */
    CHECK(copy != NULL);
    memcpy(copy, frame, length);
    sn_link_on_receive(&end->link, end->link.via, &(sn_source){.address = from}, copy, length);
    free(copy);
}

/* `payload` stays as it is until the answer has come, here and below. */
uint32_t core_ask(link_end *end, uint8_t type, uint8_t flags, const uint8_t *payload, uint32_t length) {
    uint32_t id = sn_link_new_id(&end->link);
    sn_link_send(&end->link, (sn_frame_type)type, flags, id, (sn_bytes){payload, length}, (sn_bytes){0});
    sn_link_go_on(&end->link);
    return id;
}

void core_answer(link_end *end, uint8_t type, uint32_t id, const uint8_t *payload, uint32_t length) {
    sn_link_send(&end->link, (sn_frame_type)type, SN_FLAG_ANSWER, id, (sn_bytes){payload, length}, (sn_bytes){0});
    sn_link_go_on(&end->link);
}

/* What it has sent since the last look: over packets each frame behind a fake_frame_lead. Returns the length. */
size_t core_sent(link_end *end, uint8_t *to, size_t capacity) {
    fake_port *fake = end->fake;
    size_t length = fake->sent_length;
    CHECK(length <= capacity);
    memcpy(to, fake->sent, length);
    fake->sent_length = fake->sent_read = 0;
    return length;
}

const char *core_heard(link_end *end) {
    return link_end_heard(end);
}

uint32_t core_count(const link_end *end, uint8_t which) {
    const sn_link_counts *counts = &end->link.counts;
    const uint32_t all[] = {counts->rx_bad_frame, counts->rx_bad_crc, counts->rx_duplicate, counts->resent,
                            counts->polls,        counts->rx_frames,  counts->tx_frames,    counts->rx_foreign};
    return which < sizeof all / sizeof all[0] ? all[which] : 0;
}

bool core_is_up(const link_end *end) {
    return end->link.state == SN_LINK_UP;
}

bool core_is_in_use(const link_end *end) {
    return end->link.state == SN_LINK_GREETING || end->link.state == SN_LINK_UP;
}
