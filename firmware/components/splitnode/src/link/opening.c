/* SPDX-License-Identifier: MIT */
/* The connection to the peer: opened, listened for, closed, and its deadlines. */
#include "link/internal.h"

#include <string.h>

void sn_link_init(sn_link *link, const sn_port *port, uint8_t *memory, uint32_t capacity, uint32_t session,
                  const sn_link_events *events, void *owner) {
    memset(link, 0, sizeof *link);
    link->port = port;
    link->memory = memory;
    link->capacity = capacity;
    link->own_session = session;
    link->events = events;
    link->owner = owner;
    sn_link_reset(link);
}

void sn_link_introduce(sn_link *link, const sn_greeting *greeting) {
    link->greeting = *greeting;
}

uint32_t sn_link_new_id(sn_link *link) {
    return ++link->last_message;
}

void sn_link_give_up(sn_link *link) {
    sn_link_stop_asking(link);
    link->asking.is_going_out = false;
}

sn_error sn_link_open(sn_link *link, sn_via via, const char *host, uint16_t port, sn_reason *why) {
    bool is_tail = sn_link_is_tail(link);
    bool is_opening = link->state == SN_LINK_OPENING || link->state == SN_LINK_GREETING;
    size_t length = strlen(host);
    if (is_opening && !is_tail) {
        return sn_reason_set(why, SN_ERR_BUSY, "the link is being opened or is in use");
    }
    if (length >= sizeof link->host) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "the peer's name has more than 63 bytes");
    }
    if (link->state == SN_LINK_UP || (is_tail && link->via != SN_VIA_NONE)) { /* a tail may listen */
        link->port->link_close(link->port->ctx, link->via);
        sn_link_reset(link);
        sn_link_stop_answering(link);
    }
    memcpy(link->host, host, length + 1);
    link->host_port = port;
    return sn_link_start(link, via, why);
}

bool sn_link_close(sn_link *link, sn_via via) {
    if (link->via == via && link->state != SN_LINK_DOWN) {
        sn_link_fail(link, SN_ERR_LINK_DOWN, "the link was closed on request");
        return true;
    }
    if (sn_link_is_tail(link) && link->via == via) { /* it may still listen */
        link->port->link_close(link->port->ctx, via);
        sn_link_stop_answering(link);
    }
    return false;
}

static void opened(sn_link *link, sn_via via) {
    bool is_tail = sn_link_is_tail(link);
    bool asked = link->state == SN_LINK_OPENING && link->via == via;
    if (!is_tail && !asked) {
        link->port->link_close(link->port->ctx, via);
        return;
    }
    if (sn_link_is_in_use(link)) {
        sn_link_lose(link, SN_ERR_EDGE_LOST, SN_ERR_EDGE_LOST, "another peer has connected");
    }
    link->via = via;
    link->state = SN_LINK_GREETING;
    sn_link_begin_keys(link);
    if (!sn_link_has_stream(link) && !sn_link_begin_frames(link)) {
        sn_link_fail(link, SN_ERR_MTU, "the link's frames hold less than 128 bytes");
        return;
    }
    if (is_tail) { /* over UDP and ESP-NOW there is no connection yet, just the way in */
        bool is_connected = sn_link_has_stream(link) || (sn_link_is_keyed(link) && !sn_link_repeats(link));
        link->deadline = is_connected ? sn_link_now(link) + SN_LINK_PATIENCE_US : SN_LINK_NO_DEADLINE;
        return;
    }
    link->deadline = sn_link_earlier(link->deadline, sn_link_now(link) + SN_LINK_PATIENCE_US);
    link->session = link->own_session;
    link->hello = sn_link_new_id(link);
    sn_link_send_hello(link, 0, link->hello, &link->auth.nonce);
    sn_link_go_on(link);
}

/* Over BLE a tail advertises again; the same head may come back for its answer. */
static void listen_again(sn_link *link, const sn_reason *reason) {
    sn_reason failure;
    sn_link_reset(link);
    link->events->down(
        link->owner,
        &(sn_link_end){.via = link->via, .code = reason->code, .text = reason->text, .what = SN_LINK_LISTENS});
    if (sn_link_start(link, link->via, &failure) != SN_OK) {
        sn_link_fail(link, failure.code, failure.text);
    }
}

/* Over BLE a head that is owed an answer opens the link again, without a word to the host. */
static bool resume(sn_link *link, const sn_reason *reason) {
    sn_reason ignored;
    uint64_t until = link->is_resuming ? link->deadline : SN_LINK_NO_DEADLINE;
    bool was_connected = link->state == SN_LINK_UP || (link->is_resuming && link->state == SN_LINK_GREETING);
    if (sn_link_is_tail(link) || link->via != SN_VIA_BLE || !was_connected) {
        return false;
    }
    sn_link_reset(link);
    if (sn_link_start(link, link->via, &ignored) != SN_OK) {
        return false;
    }
    link->deadline = sn_link_earlier(link->deadline, until); /* a peer that only comes and goes gets no more time */
    link->is_resuming = true;
    link->events->down(
        link->owner,
        &(sn_link_end){.via = link->via, .code = reason->code, .text = reason->text, .what = SN_LINK_RESUMES});
    return true;
}

void sn_link_on_change(sn_link *link, sn_via via, sn_error code, const char *text, bool is_owed) {
    if (code == SN_OK) {
        opened(link, via);
        return;
    }
    if (link->state == SN_LINK_DOWN || link->via != via) {
        return;
    }
    sn_reason reason;
    sn_reason_set(&reason, code, text);
    if (is_owed && resume(link, &reason)) {
        return;
    }
    bool was_connected = link->state != SN_LINK_OPENING;
    if (sn_link_is_tail(link) && via == SN_VIA_BLE && was_connected) {
        listen_again(link, &reason);
        return;
    }
    if (!sn_link_is_tail(link) || !sn_link_has_stream(link)) { /* a tail's TCP goes on listening */
        link->port->link_close(link->port->ctx, via);
    }
    sn_link_lose(link, code, SN_ERR_EDGE_LOST, reason.text);
}

void sn_link_on_writable(sn_link *link, sn_via via) {
    if (via == link->via) {
        link->frames.is_full = false;
        sn_link_go_on(link);
    }
}

void sn_link_go_on(sn_link *link) {
    if (sn_link_has_stream(link)) {
        sn_link_feed_stream(link);
    } else {
        sn_link_feed_driver(link);
    }
}

/* When the driver must have taken what it was given. */
static uint64_t driver_deadline(const sn_link *link) {
    if (sn_link_has_stream(link)) {
        return link->sending.active ? link->sending.deadline : SN_LINK_NO_DEADLINE;
    }
    return link->frames.is_full ? link->frames.deadline : SN_LINK_NO_DEADLINE;
}

uint64_t sn_link_deadline(const sn_link *link) {
    uint64_t next = sn_link_earlier(driver_deadline(link), sn_link_asking_deadline(link));
    if (link->state == SN_LINK_OPENING || link->state == SN_LINK_GREETING) {
        next = sn_link_earlier(next, link->deadline);
    }
    return next;
}

void sn_link_on_timer(sn_link *link, uint64_t now) {
    if (link->state == SN_LINK_OPENING && now >= link->deadline) {
        sn_link_fail(link, SN_ERR_EDGE_UNREACHABLE, "no connection to the edge server or the peer in time");
    } else if (link->state == SN_LINK_GREETING && now >= link->deadline && sn_link_is_tail(link) &&
               sn_link_is_keyed(link)) {
        sn_link_turn_away(link); /* whoever has connected has shown no key */
    } else if (link->state == SN_LINK_GREETING && now >= link->deadline) {
        sn_link_fail(link, SN_ERR_EDGE_TIMEOUT, "the peer did not complete the HELLO exchange within 10 s");
    } else if (now >= driver_deadline(link)) {
        sn_link_fail(link, SN_ERR_EDGE_TIMEOUT, "the peer did not take a message within 10 s");
    } else if (sn_link_asking_timer(link, now)) {
        sn_link_go_on(link);
    }
}
