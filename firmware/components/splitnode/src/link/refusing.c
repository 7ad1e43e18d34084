/* SPDX-License-Identifier: MIT */
/* ERROR, of both sides; and what becomes of a request that is refused. */
#include "link/internal.h"

#include <string.h>

#define REFUSAL_EVERY_US 1000000u /* on a packet link, where any address may be forged */

static uint32_t make_error(sn_error code, const char *text, size_t most, uint8_t *payload) {
    size_t length = strlen(text);
    if (length > most) {
        length = most;
    }
    sn_put_u16(&payload[0], (uint16_t)code);
    sn_put_u16(&payload[2], (uint16_t)length);
    memcpy(&payload[4], text, length);
    return 4 + (uint32_t)length;
}

void sn_link_send_error(sn_link *link, uint32_t id, sn_error code, const char *text) {
    uint8_t *payload = link->sending.small;
    uint32_t length = make_error(code, text, SN_SENTENCE, payload);
    sn_link_send(link, SN_FRAME_ERROR, SN_FLAG_ANSWER, id, (sn_bytes){payload, length}, (sn_bytes){0});
}

void sn_link_note_error_with(sn_link *link, uint64_t to, const sn_header *request, sn_error code, const char *text,
                             const sn_key *key) {
    uint8_t payload[SN_LINK_FRAME_LEAST];
    /* Before its session has begun, nobody is sent more than has come from there. */
    size_t frame = key != NULL && request->type == SN_FRAME_HELLO ? SN_LINK_HELLO_FRAME : SN_LINK_FRAME_LEAST;
    size_t most = frame - SN_HEADER_SIZE - SN_BODY_OVERHEAD - 4 - (key != NULL ? SN_TAG_SIZE : 0);
    uint32_t length = make_error(code, text, most, payload);
    sn_link_note(link, to, request, SN_FRAME_ERROR, (sn_bytes){payload, length}, key);
}

void sn_link_note_error(sn_link *link, uint64_t to, const sn_header *request, sn_error code, const char *text) {
    sn_link_note_error_with(link, to, request, code, text, sn_link_answer_key(link, request));
}

/* ERROR `auth` in a frame of at most `frame` bytes; 0 if that is too small. */
static uint32_t make_refusal(size_t frame, uint8_t *payload) {
    const size_t least = SN_HEADER_SIZE + SN_BODY_OVERHEAD + 4;
    if (frame > SN_LINK_FRAME_LEAST) {
        frame = SN_LINK_FRAME_LEAST;
    }
    return frame < least ? 0 : make_error(SN_ERR_AUTH, SN_LINK_NO_COMMON_KEY, frame - least, payload);
}

void sn_link_note_refusal(sn_link *link, uint64_t to, const sn_header *request, size_t length) {
    sn_link_auth *auth = &link->auth;
    uint8_t payload[SN_LINK_FRAME_LEAST];
    uint64_t now = sn_link_now(link);
    uint32_t size = make_refusal(length, payload);
    bool is_soon = auth->has_refused && now - auth->refused_at < REFUSAL_EVERY_US;
    if (size == 0 || is_soon || link->frames.note_length != 0) {
        return;
    }
    auth->has_refused = true;
    auth->refused_at = now;
    sn_link_note(link, to, request, SN_FRAME_ERROR, (sn_bytes){payload, size}, NULL);
}

void sn_link_send_refusal(sn_link *link, const sn_header *request, uint32_t length) {
    uint8_t *payload = link->sending.small;
    uint32_t size = make_refusal(length, payload);
    if (size == 0) {
        sn_link_turn_away(link);
        return;
    }
    link->session = request->session;
    link->auth.ends_with_message = true;
    sn_link_send_plainly(link, SN_FRAME_ERROR, SN_FLAG_ANSWER, request->message, (sn_bytes){payload, size},
                         (sn_bytes){0});
}

/* The owner's message `id` will not be answered. */
static void tell_refused(sn_link *link, uint32_t id, const sn_reason *reason) {
    if (sn_link_is_tail(link)) {
        return; /* it asks nothing */
    }
    if (id == link->asking.reached_message) {
        link->asking.is_going_out = false;
    }
    link->events->sent(link->owner, id, reason);
}

void sn_link_refused(sn_link *link, uint32_t id, const sn_reason *reason) {
    if (!sn_link_is_tail(link) && link->state == SN_LINK_GREETING && id == link->hello) {
        sn_link_fail(link, reason->code, reason->code == SN_ERR_AUTH ? SN_LINK_NO_COMMON_KEY : reason->text);
        return;
    }
    tell_refused(link, id, reason);
}

void sn_link_receive_error(sn_link *link, const sn_header *header, const sn_body *body) {
    sn_bytes payload = body->payload;
    sn_reason reason;
    if (payload.length < 4 || sn_get_u16(&payload.data[2]) != payload.length - 4) {
        link->counts.rx_bad_frame++;
        if (!sn_link_has_stream(link)) { /* it has ended the exchange all the same */
            sn_reason_set(&reason, SN_ERR_PROTOCOL, "the peer's ERROR breaks the protocol's specification");
            sn_link_refused(link, header->message, &reason);
        }
        return;
    }
    uint16_t number = sn_get_u16(&payload.data[0]);
    sn_reason_set_bytes(&reason, number != 0 ? (sn_error)number : SN_ERR_PROTOCOL, &payload.data[4],
                        payload.length - 4);
    sn_link_refused(link, header->message, &reason);
}
