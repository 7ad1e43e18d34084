/* SPDX-License-Identifier: MIT */
/* HELLO, of both sides. */
#include "link/internal.h"

#include <string.h>

/* Of HELLO's payload. */
static uint32_t hello_size(const sn_link *link) {
    return sn_link_is_keyed(link) ? SN_LINK_HELLO_MOST : SN_LINK_HELLO_SIZE;
}

uint32_t sn_link_make_hello(const sn_link *link, const sn_nonce *nonce, uint8_t payload[SN_LINK_HELLO_MOST]) {
    const sn_greeting *greeting = &link->greeting;
    payload[0] = (uint8_t)greeting->role;
    payload[1] = greeting->dtype;
    sn_put_u16(&payload[2], sn_link_has_stream(link) ? 0 : (uint16_t)sn_link_frame_limit(link));
    sn_put_u32(&payload[4], greeting->size);
    sn_put_u32(&payload[8], greeting->classes);
    sn_put_u32(&payload[12], 0);
    if (sn_link_is_keyed(link)) {
        memcpy(&payload[SN_LINK_HELLO_SIZE], nonce->bytes, sizeof nonce->bytes);
    }
    return hello_size(link);
}

void sn_link_send_hello(sn_link *link, uint8_t flags, uint32_t id, const sn_nonce *nonce) {
    uint8_t *payload = link->sending.small;
    uint32_t length = sn_link_make_hello(link, nonce, payload);
    sn_link_send(link, SN_FRAME_HELLO, flags, id, (sn_bytes){payload, length}, (sn_bytes){0});
}

static bool same_model(const sn_link *link, const sn_body *hello) {
    const sn_greeting *greeting = &link->greeting;
    const uint8_t *payload = hello->payload.data;
    return hello->model_id == link->greeting.model_id && payload[1] == greeting->dtype &&
           sn_get_u32(&payload[4]) == greeting->size;
}

sn_error sn_link_check_hello(const sn_link *link, const sn_body *body, const char **why) {
    if (body->payload.length != hello_size(link) || body->payload.data[0] != SN_ROLE_HEAD) {
        *why = "this is not the HELLO of a head";
        return SN_ERR_PROTOCOL;
    }
    if (!same_model(link, body)) {
        *why = "head and tail come from different models or cuts: flash a matching pair";
        return SN_ERR_MODEL_MISMATCH;
    }
    return SN_OK;
}

static void take_nonce(const sn_body *hello, sn_nonce *nonce) {
    memcpy(nonce->bytes, &hello->payload.data[SN_LINK_HELLO_SIZE], sizeof nonce->bytes);
}

/* Over a stream. The connection is the session's own: nothing was there before that it would take the place of. */
static void answer_hello(sn_link *link, const sn_header *header, const sn_body *body) {
    const char *why = NULL;
    sn_link_auth *auth = &link->auth;
    sn_nonce asking;
    bool has_nonce = sn_link_is_keyed(link) && body->payload.length == SN_LINK_HELLO_MOST;
    if (has_nonce) {
        take_nonce(body, &asking);
        sn_greeting_key(link->port, &auth->key, header->session, &asking, &auth->greeting);
    }
    sn_error code = sn_link_check_hello(link, body, &why);
    if (code != SN_OK) {
        sn_link_send_error(link, header->message, code, why);
        return;
    }
    if (has_nonce) {
        sn_nonce_make(link->port, &auth->nonce);
    }
    sn_link_send_hello(link, SN_FLAG_ANSWER, header->message, &auth->nonce);
    if (has_nonce) {
        sn_key key;
        sn_session_key(link->port, &auth->key, header->session, &asking, &auth->nonce, &key);
        sn_link_agree_key(link, &key);
    }
    sn_link_greet(link);
}

/* Role head: the peer's HELLO has come and is right. */
static void begin_session(sn_link *link, const sn_body *body) {
    if (sn_link_is_keyed(link)) {
        sn_nonce answering;
        sn_key key;
        take_nonce(body, &answering);
        sn_session_key(link->port, &link->auth.key, link->own_session, &link->auth.nonce, &answering, &key);
        sn_link_agree_key(link, &key);
        link->frames.ack_due = sn_link_repeats(link); /* by this the session begins for the tail */
    }
    sn_link_greet(link);
}

void sn_link_receive_hello(sn_link *link, const sn_header *header, const sn_body *body) {
    if (sn_link_is_tail(link)) {
        answer_hello(link, header, body);
    } else if (link->state != SN_LINK_GREETING || header->message != link->hello) {
        link->counts.rx_bad_frame++;
    } else if (body->payload.length != hello_size(link)) {
        sn_link_fail(link, SN_ERR_PROTOCOL,
                     sn_link_is_keyed(link) ? "the edge's HELLO does not have 32 bytes"
                                            : "the edge's HELLO does not have 16 bytes");
    } else if (body->payload.data[0] != SN_ROLE_TAIL) {
        sn_link_fail(link, SN_ERR_PROTOCOL, "this is not the HELLO of a tail: head and head cannot work together");
    } else if (!same_model(link, body)) {
        sn_link_fail(link, SN_ERR_MODEL_MISMATCH,
                     "head and tail come from different models or cuts: serve the tail of this head");
    } else if (!sn_link_has_stream(link) && !sn_link_agree(link, sn_get_u16(&body->payload.data[2]))) {
        sn_link_fail(link, SN_ERR_MTU, "the peer's frames hold less than 128 bytes");
    } else {
        begin_session(link, body);
    }
}
