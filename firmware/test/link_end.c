/* SPDX-License-Identifier: MIT */
#include "link_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static void hear(link_end *end, const char *words) {
    size_t length = strlen(end->heard);
    CHECK(length + strlen(words) + 2 <= sizeof end->heard);
    snprintf(&end->heard[length], sizeof end->heard - length, " %s", words);
}

static void up(void *owner, bool again) {
    hear(owner, again ? "again" : "up");
}

static void down(void *owner, const sn_link_end *how) {
    char words[96];
    static const char *const ways[] = {"lost", "listens", "resumes"};
    const char *owed = how->what == SN_LINK_LOST ? sn_error_name(how->owed) : "-";
    CHECK(how->text[0] != '\0');
    snprintf(words, sizeof words, "%s %s %s", ways[how->what], sn_error_name(how->code), owed);
    hear(owner, words);
}

static bool message(void *owner, const sn_header *header, const sn_body *body) {
    static const char *const types[] = {"", "HELLO", "DATA", "RESULT", "ERROR", "ECHO", "ECHO_REPLY", "ACK"};
    link_end *end = owner;
    char words[96];
    if (!end->is_awaiting) {
        return false;
    }
    snprintf(words, sizeof words, "%s %u of %u", types[header->type], (unsigned)header->message,
             (unsigned)body->payload.length);
    hear(end, words);
    if (end->answers) {
        sn_frame_type answer = header->type == SN_FRAME_ECHO ? SN_FRAME_ECHO_REPLY : SN_FRAME_RESULT;
        sn_link_send(&end->link, answer, SN_FLAG_ANSWER, header->message, body->payload, (sn_bytes){0});
    }
    return true;
}

static void sent(void *owner, uint32_t id, const sn_reason *failure) {
    char words[96];
    snprintf(words, sizeof words, "%s %u", failure == NULL ? "sent" : sn_error_name(failure->code), (unsigned)id);
    hear(owner, words);
}

static void writable(void *owner) {
    hear(owner, "writable");
}

link_end *link_end_new(sn_role role) {
    static const sn_link_events events = {up, down, message, sent, writable};
    link_end *end = calloc(1, sizeof *end);
    CHECK(end != NULL);
    end->fake = fake_new();
    end->is_awaiting = true;
    uint32_t session = role == SN_ROLE_HEAD ? FAKE_SESSION : FAKE_PEER_SESSION;
    sn_link_init(&end->link, &end->fake->port, end->memory, sizeof end->memory, session, &events, end);
    if (role != SN_ROLE_NONE) {
        sn_link_introduce(&end->link, &(sn_greeting){role, SN_INT8, 1600, 19, FAKE_MODEL_ID});
    }
    return end;
}

void link_end_free(link_end *end) {
    fake_free(end->fake);
    free(end);
}

const char *link_end_heard(link_end *end) {
    static char heard[sizeof end->heard];
    memcpy(heard, end->heard, sizeof heard);
    end->heard[0] = '\0';
    return heard;
}

/* Hands over what one end has sent; false if that was nothing. */
static bool carry(link_end *from, link_end *to) {
    fake_port *fake = from->fake;
    if (fake->sent_read == fake->sent_length) {
        fake->sent_read = fake->sent_length = 0;
        return false;
    }
    fake_frame_lead lead = {.length = fake->sent_length - fake->sent_read};
    if (from->link.via != SN_VIA_TCP) {
        memcpy(&lead, &fake->sent[fake->sent_read], sizeof lead);
        fake->sent_read += sizeof lead;
    }
    const uint8_t *data = &fake->sent[fake->sent_read];
    fake->sent_read += lead.length;
    from->frames++;
    if (from->lose == 0 || from->frames % from->lose != 0) {
        sn_source source = {.address = from->link.greeting.role == SN_ROLE_HEAD ? 7 : 0};
        CHECK(from->link.greeting.role == SN_ROLE_HEAD || lead.to == (from->link.via == SN_VIA_TCP ? 0 : 7));
        sn_link_on_receive(&to->link, from->link.via, &source, data, lead.length);
    }
    return true;
}

void link_ends_flow(link_end *head, link_end *tail) {
    while (carry(head, tail) || carry(tail, head)) {
    }
}

static void wake(link_end *end) {
    if (sn_link_deadline(&end->link) <= end->fake->now_us) {
        sn_link_on_timer(&end->link, end->fake->now_us);
    }
}

void link_ends_pass(link_end *head, link_end *tail, uint64_t us) {
    uint64_t until = head->fake->now_us + us;
    for (int steps = 0; head->fake->now_us < until; steps++) {
        CHECK(steps < 10000);
        uint64_t next = sn_link_deadline(&head->link);
        if (sn_link_deadline(&tail->link) < next) {
            next = sn_link_deadline(&tail->link);
        }
        next = next <= head->fake->now_us ? head->fake->now_us + 1 : next;
        head->fake->now_us = tail->fake->now_us = next < until ? next : until;
        wake(head);
        wake(tail);
        link_ends_flow(head, tail);
    }
}

void link_ends_join(link_end *head, link_end *tail, sn_via via) {
    sn_reason why;
    head->fake->frame_limit = tail->fake->frame_limit = 250;
    CHECK_UINT(sn_link_open(&tail->link, via, "", 3333, &why), SN_OK);
    CHECK_UINT(sn_link_open(&head->link, via, "host", 4000, &why), SN_OK);
    sn_link_on_change(&tail->link, via, SN_OK, NULL, false);
    sn_link_on_change(&head->link, via, SN_OK, NULL, false);
    link_ends_flow(head, tail);
    CHECK_TEXT(link_end_heard(head), " up");
    CHECK_TEXT(link_end_heard(tail), " up");
}

link_pair pair;
uint8_t link_payload[3000];

void link_pair_make(void) {
    pair.head = link_end_new(SN_ROLE_HEAD);
    pair.tail = link_end_new(SN_ROLE_TAIL);
    for (size_t i = 0; i < sizeof link_payload; i++) {
        link_payload[i] = (uint8_t)(i * 11);
    }
}

const sn_key link_key = {{0xC0, 0xFF, 0xEE, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}};

void link_pair_give_key(const sn_key *key) {
    sn_link_set_key(&pair.head->link, key);
    sn_link_set_key(&pair.tail->link, key);
}

void link_pair_join(sn_via via) {
    link_pair_make();
    link_ends_join(pair.head, pair.tail, via);
}

void link_pair_end(void) {
    CHECK_TEXT(link_end_heard(pair.head), "");
    CHECK_TEXT(link_end_heard(pair.tail), "");
    link_end_free(pair.head);
    link_end_free(pair.tail);
}

uint32_t link_pair_ask(sn_frame_type type, uint32_t length) {
    uint32_t id = sn_link_new_id(&pair.head->link);
    sn_link_send(&pair.head->link, type, 0, id, (sn_bytes){link_payload, length}, (sn_bytes){0});
    sn_link_go_on(&pair.head->link);
    return id;
}
