/* SPDX-License-Identifier: MIT */
/*
 * The heads that greet a tail on a packet link. One is served: the one that has greeted last, unless the tail was at
 * work for another. With a key, a HELLO proves only that a head has made it at some time: until something comes that
 * only who has seen the answer can have made, what was there before goes on.
 */
#include "link/internal.h"

#include <string.h>

#define AT_WORK "the tail is working for another head"

void sn_link_forget_answer(sn_link *link, const char *text) {
    sn_link_answering *answering = &link->answering;
    sn_reason reason;
    if (answering->state == SN_LINK_ANSWER_OWED) {
        sn_reason_set(&reason, SN_ERR_EDGE_LOST, text);
        link->events->sent(link->owner, answering->message, &reason);
    }
    answering->state = SN_LINK_ANSWER_NONE;
    link->sending.active = false;
}

/* The head that is served greets: once more by the same HELLO, or anew. Over BLE it comes back for its answer. */
static void welcome_back(sn_link *link, uint32_t hello) {
    sn_link_answering *answering = &link->answering;
    sn_link_frames *frames = &link->frames;
    if (hello == answering->hello && frames->reassembly.fragment_length == frames->fragment_length) {
        return;
    }
    if (sn_link_repeats(link)) {
        sn_link_forget_answer(link, "the head has greeted anew");
    }
    if (answering->state == SN_LINK_ANSWER_NONE) {
        sn_reassembly_forget(&frames->reassembly);
    }
    frames->reassembly.fragment_length = frames->fragment_length;
}

/* Takes a head that is not the one before, or the same over a new connection. */
static void welcome(sn_link *link, uint32_t session, uint32_t hello, uint64_t from) {
    sn_link_answering *answering = &link->answering;
    sn_link_frames *frames = &link->frames;
    if (!answering->has_peer || session != link->session) {
        if (link->state == SN_LINK_UP) {
            sn_link_lose_head(link, "another head has greeted");
            link->state = SN_LINK_GREETING;
        }
        sn_link_forget_answer(link, "another head has greeted");
        answering->past_session = link->session;
        answering->past_latest = answering->latest;
        answering->has_peer = true;
        link->session = session;
        sn_reassembly_init(&frames->reassembly, link->memory, link->capacity, frames->bitmap, sizeof frames->bitmap,
                           frames->fragment_length);
    } else {
        welcome_back(link, hello);
    }
    answering->to = from;
    answering->hello = answering->latest = hello;
}

/* A session begins that has a key. */
static void begin(sn_link *link, sn_link_greeter *greeter) {
    greeter->is_there = false;
    link->frames.fragment_length = greeter->fragment_length;
    welcome(link, greeter->session, greeter->hello, greeter->from);
    sn_reassembly_expect_tags(&link->frames.reassembly, link->port, &link->auth.session);
    if (!sn_link_repeats(link)) {
        sn_link_note_session(link, greeter->session, greeter->hello);
    }
    sn_link_agree_key(link, &greeter->key);
    sn_link_greet(link);
}

/* Is this HELLO of a session that has begun, or had, and no newer than what came of it? */
static bool is_late(const sn_link *link, uint32_t session, uint32_t hello) {
    const sn_link_answering *answering = &link->answering;
    if (session != link->session) {
        return link->greeted && session == answering->past_session &&
               !sn_message_is_older(answering->past_latest, hello);
    }
    if (sn_link_is_keyed(link)) {
        return answering->has_peer && !sn_message_is_older(answering->latest, hello);
    }
    bool is_repeated = hello == answering->hello; /* nothing has come since: perhaps its answer was lost */
    return sn_link_repeats(link) && answering->has_peer && hello == answering->latest && !is_repeated;
}

static bool is_at_work(const sn_link *link) {
    return link->answering.state == SN_LINK_ANSWER_OWED;
}

sn_link_recognition sn_link_recognize(sn_link *link, uint64_t from, sn_header *header, const uint8_t *frame,
                                      size_t length) {
    for (uint32_t i = 0; i < SN_LINK_GREETERS; i++) {
        sn_link_greeter *greeter = &link->auth.greeters[i];
        if (!greeter->is_there || greeter->from != from || is_late(link, greeter->session, greeter->hello) ||
            !sn_check_verify(link->port, &greeter->key, greeter->session, frame, (uint32_t)length)) {
            continue;
        }
        bool is_other = link->answering.has_peer && greeter->session != link->session;
        header->session = greeter->session;
        if (is_other && is_at_work(link)) {
            sn_link_note_error_with(link, from, header, SN_ERR_BUSY, AT_WORK, &greeter->key);
            return SN_LINK_REFUSED;
        }
        begin(link, greeter);
        return SN_LINK_RECOGNIZED;
    }
    return SN_LINK_UNKNOWN;
}

/* The greeter that has sent this HELLO before; else one in place of the oldest, with a nonce of its own. */
static sn_link_greeter *greeter_of(sn_link *link, uint64_t from, const sn_header *header, const uint8_t *asking) {
    sn_link_auth *auth = &link->auth;
    for (uint32_t i = 0; i < SN_LINK_GREETERS; i++) {
        sn_link_greeter *known = &auth->greeters[i];
        if (known->is_there && known->from == from && known->session == header->session &&
            known->hello == header->message && memcmp(known->asking.bytes, asking, SN_NONCE_SIZE) == 0) {
            return known;
        }
    }
    sn_link_greeter *greeter = &auth->greeters[auth->next_greeter];
    auth->next_greeter = (auth->next_greeter + 1) % SN_LINK_GREETERS;
    *greeter = (sn_link_greeter){.is_there = true, .from = from, .session = header->session, .hello = header->message};
    memcpy(greeter->asking.bytes, asking, SN_NONCE_SIZE);
    sn_nonce_make(link->port, &greeter->answering);
    sn_session_key(link->port, &auth->key, greeter->session, &greeter->asking, &greeter->answering, &greeter->key);
    return greeter;
}

static void answer(sn_link *link, uint64_t from, const sn_header *header, const sn_nonce *nonce) {
    uint8_t payload[SN_LINK_HELLO_MOST];
    uint32_t length = sn_link_make_hello(link, nonce, payload);
    sn_link_note(link, from, header, SN_FRAME_HELLO, (sn_bytes){payload, length}, sn_link_answer_key(link, header));
}

void sn_link_receive_head(sn_link *link, uint64_t from, const sn_header *header, const sn_body *body) {
    const char *why = NULL;
    bool is_other = link->greeted && header->session != link->session;
    if (is_late(link, header->session, header->message)) {
        link->counts.rx_duplicate++;
        return;
    }
    link->counts.rx_messages++;
    if (sn_link_is_keyed(link) && body->payload.length == SN_LINK_HELLO_MOST) {
        sn_nonce asking;
        memcpy(asking.bytes, &body->payload.data[SN_LINK_HELLO_SIZE], sizeof asking.bytes);
        sn_greeting_key(link->port, &link->auth.key, header->session, &asking, &link->auth.greeting);
    }
    sn_error code = sn_link_check_hello(link, body, &why);
    if (code == SN_OK && is_other && is_at_work(link)) {
        code = SN_ERR_BUSY;
        why = AT_WORK;
    }
    uint32_t fragment_length = code == SN_OK ? sn_link_agreed(link, sn_get_u16(&body->payload.data[2])) : 0;
    if (code == SN_OK && fragment_length == 0) {
        code = SN_ERR_MTU;
        why = "frames must hold at least 128 bytes";
    }
    if (code != SN_OK) {
        sn_link_note_error(link, from, header, code, why);
        return;
    }
    if (!sn_link_is_keyed(link)) {
        link->frames.fragment_length = fragment_length;
        welcome(link, header->session, header->message, from);
        answer(link, from, header, NULL);
        sn_link_greet(link);
        return;
    }
    sn_link_greeter *greeter = greeter_of(link, from, header, &body->payload.data[SN_LINK_HELLO_SIZE]);
    greeter->fragment_length = fragment_length;
    answer(link, from, header, &greeter->answering);
    if (!sn_link_repeats(link) && !link->greeted) {
        begin(link, greeter); /* over BLE nothing acknowledges the answer, and nobody else is connected */
    }
}
