/* SPDX-License-Identifier: MIT */
/* How a connection begins and ends, and what ends with it. */
#include "link/internal.h"

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

void sn_link_lose(sn_link *link, sn_error code, sn_error owed, const char *text) {
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
