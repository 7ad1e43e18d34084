/* SPDX-License-Identifier: MIT */
/* The keys of a connection, and what they are put to: tags and checks. */
#include "link/internal.h"

#include <string.h>

void sn_link_set_key(sn_link *link, const sn_key *key) {
    if (link->via != SN_VIA_NONE) { /* it may listen while it is down */
        link->port->link_close(link->port->ctx, link->via);
    }
    sn_link_reset(link);
    sn_link_stop_answering(link);
    link->asking.is_going_out = false;
    link->is_wanted = false;
    memset(&link->auth, 0, sizeof link->auth);
    if (key != NULL) {
        link->auth.flag = SN_FLAG_AUTHENTICATED;
        link->auth.key = *key;
    }
}

void sn_link_begin_keys(sn_link *link) {
    sn_link_auth *auth = &link->auth;
    auth->is_refused = false;
    auth->ends_with_message = false;
    memset(auth->greeters, 0, sizeof auth->greeters);
    if (sn_link_is_keyed(link) && !sn_link_is_tail(link)) {
        sn_nonce_make(link->port, &auth->nonce);
        sn_greeting_key(link->port, &auth->key, link->own_session, &auth->nonce, &auth->greeting);
    }
}

void sn_link_agree_key(sn_link *link, const sn_key *key) {
    link->auth.session = *key;
    link->auth.connection++;
}

/* Before both nonces are known there are only HELLO and what answers it. */
static const sn_key *key_of(const sn_link *link) {
    const sn_link_auth *auth = &link->auth;
    const sn_header *header = &link->sending.message.header;
    if (header->type == SN_FRAME_HELLO && (header->flags & SN_FLAG_ANSWER) == 0) {
        return &auth->key;
    }
    return sn_link_has_stream(link) && !link->greeted ? &auth->greeting : &auth->session;
}

void sn_link_tag(sn_link *link) {
    sn_message_tag(&link->sending.message, link->port, key_of(link));
    link->sending.connection = link->auth.connection;
}

void sn_link_tag_anew(sn_link *link) {
    if (link->sending.connection != link->auth.connection) {
        sn_link_tag(link);
    }
}

const sn_key *sn_link_answer_key(const sn_link *link, const sn_header *request) {
    if (!sn_link_is_keyed(link)) {
        return NULL;
    }
    return request->type == SN_FRAME_HELLO ? &link->auth.greeting : &link->auth.session;
}

bool sn_link_take_tag(sn_link *link, const sn_header *header, const uint8_t *frame, size_t *length) {
    uint32_t size = (uint32_t)*length - SN_HEADER_SIZE;
    if (!sn_link_is_keyed(link)) {
        return true;
    }
    if (header->type == SN_FRAME_HELLO) {
        size -= SN_TAG_SIZE; /* which has let it in */
    } else if (!sn_tag_verify(link->port, &link->auth.session, header, &frame[SN_HEADER_SIZE], &size)) {
        link->counts.rx_foreign++;
        return false;
    }
    *length = SN_HEADER_SIZE + size;
    return true;
}

void sn_link_note_session(sn_link *link, uint32_t session, uint32_t message) {
    sn_link_auth *auth = &link->auth;
    for (uint32_t i = 0; i < SN_LINK_SESSIONS; i++) {
        sn_link_known_session *known = &auth->sessions[i];
        if (known->is_there && known->session == session) {
            known->latest = sn_message_is_older(known->latest, message) ? message : known->latest;
            return;
        }
    }
    auth->sessions[auth->next_session] = (sn_link_known_session){true, session, message};
    auth->next_session = (auth->next_session + 1) % SN_LINK_SESSIONS;
}

bool sn_link_is_used_hello(const sn_link *link, const sn_header *hello) {
    for (uint32_t i = 0; i < SN_LINK_SESSIONS; i++) {
        const sn_link_known_session *known = &link->auth.sessions[i];
        if (known->is_there && known->session == hello->session) {
            return !sn_message_is_older(known->latest, hello->message);
        }
    }
    return false;
}
