/* SPDX-License-Identifier: MIT */
/* How a connection begins and ends, and what ends with it. */
#include "link/internal.h"

#define ADVERTISING_US 30000000u /* for a host to find the board over BLE: a scan takes seconds */

void sn_link_greet(sn_link *link) {
    bool is_news = link->state != SN_LINK_UP;
    bool was_lost = link->is_resuming;
    link->greeted = true;
    link->state = SN_LINK_UP;
    link->is_resuming = false;
    if (is_news || was_lost) {
        link->events->up(link->owner, was_lost);
    }
}

void sn_link_stop_asking(sn_link *link) {
    if (link->asking.active) {
        link->asking.active = false;
        sn_exchange_end(&link->asking.exchange);
        link->sending.active = false;
    }
}

void sn_link_stop_answering(sn_link *link) {
    link->answering.has_peer = false;
    link->answering.state = SN_LINK_ANSWER_NONE;
}

void sn_link_reset_frames(sn_link *link) {
    link->frames.is_full = false;
    link->frames.ack_due = false;
    link->frames.note_length = 0;
    sn_link_stop_asking(link);
    link->sending.active = false;
}

void sn_link_reset(sn_link *link) {
    link->state = SN_LINK_DOWN;
    link->greeted = false;
    link->is_resuming = false;
    link->stream.frame_held = false;
    link->stream.frame_handled = false;
    sn_stream_init(&link->stream.bytes, link->memory, link->capacity);
    sn_link_reset_frames(link);
}

/* HELLO has failed: is it what a stranger has said? */
static bool has_no_common_key(const sn_link *link, sn_error code) {
    return link->state == SN_LINK_GREETING && link->auth.is_refused &&
           (code == SN_ERR_EDGE_TIMEOUT || code == SN_ERR_EDGE_LOST);
}

void sn_link_lose(sn_link *link, sn_error code, sn_error owed, const char *text) {
    if (has_no_common_key(link, code)) {
        code = owed = SN_ERR_AUTH;
        text = SN_LINK_NO_COMMON_KEY;
    }
    sn_link_reset(link);
    sn_link_stop_answering(link);
    link->asking.is_going_out = false;
    link->is_wanted = false;
    link->events->down(link->owner, &(sn_link_end){
                                        .via = link->via,
                                        .code = code,
                                        .text = text,
                                        .what = SN_LINK_LOST,
                                        .owed = owed,
                                    });
}

void sn_link_lose_head(sn_link *link, const char *text) {
    bool is_full = link->frames.is_full;
    sn_link_lose(link, SN_ERR_EDGE_LOST, SN_ERR_EDGE_LOST, text);
    link->frames.is_full = is_full;
}

void sn_link_fail(sn_link *link, sn_error code, const char *text) {
    link->port->link_close(link->port->ctx, link->via);
    sn_link_lose(link, code, code, text);
}

sn_error sn_link_start(sn_link *link, sn_via via, sn_reason *why) {
    sn_error code = link->port->link_open(link->port->ctx, via, link->host, link->host_port);
    if (code != SN_OK) {
        return sn_reason_set(why, code,
                             code == SN_ERR_UNSUPPORTED ? "this firmware has no link of that kind"
                                                        : "opening the link could not be started");
    }
    bool waits_for_host = via == SN_VIA_BLE && link->host[0] == '\0';
    link->via = via;
    link->state = SN_LINK_OPENING;
    link->deadline = sn_link_is_tail(link)
                         ? SN_LINK_NO_DEADLINE
                         : sn_link_now(link) + (waits_for_host ? ADVERTISING_US : SN_LINK_PATIENCE_US);
    return SN_OK;
}

void sn_link_turn_away(sn_link *link) {
    sn_reason failure;
    if (!sn_link_is_tail(link)) {
        sn_link_fail(link, link->greeted ? SN_ERR_EDGE_LOST : SN_ERR_AUTH,
                     link->greeted ? "something came over the connection that the peer's key has not made"
                                   : SN_LINK_NO_COMMON_KEY);
        return;
    }
    if (link->state == SN_LINK_UP) {
        sn_link_lose(link, SN_ERR_EDGE_LOST, SN_ERR_EDGE_LOST,
                     "something came over the connection that the head's key has not made");
    } else {
        sn_link_reset(link);
    }
    if (sn_link_start(link, link->via, &failure) != SN_OK) {
        sn_link_fail(link, failure.code, failure.text);
    }
}
