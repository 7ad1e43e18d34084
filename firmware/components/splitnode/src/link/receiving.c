/* SPDX-License-Identifier: MIT */
/* What a peer's message sets off. */
#include "link/internal.h"

static bool same_model(const sn_link *link, const sn_body *hello) {
    const sn_greeting *greeting = &link->greeting;
    const uint8_t *payload = hello->payload.data;
    return hello->model_id == link->greeting.model_id && payload[1] == greeting->dtype &&
           sn_get_u32(&payload[4]) == greeting->size;
}

sn_error sn_link_check_hello(const sn_link *link, const sn_body *body, const char **why) {
    if (body->payload.length != SN_LINK_HELLO_SIZE || body->payload.data[0] != SN_ROLE_HEAD) {
        *why = "this is not the HELLO of a head";
        return SN_ERR_PROTOCOL;
    }
    if (!same_model(link, body)) {
        *why = "head and tail come from different models or cuts: flash a matching pair";
        return SN_ERR_MODEL_MISMATCH;
    }
    return SN_OK;
}

/* Over a stream. */
static void answer_hello(sn_link *link, const sn_header *header, const sn_body *body) {
    const char *why = NULL;
    sn_error code = sn_link_check_hello(link, body, &why);
    if (code != SN_OK) {
        sn_link_send_error(link, header->message, code, why);
        return;
    }
    sn_link_send_hello(link, SN_FLAG_ANSWER, header->message);
    sn_link_greet(link);
}

static void receive_hello(sn_link *link, const sn_header *header, const sn_body *body) {
    if (sn_link_is_tail(link)) {
        answer_hello(link, header, body);
    } else if (link->state != SN_LINK_GREETING || header->message != link->hello) {
        link->counts.rx_bad_frame++;
    } else if (body->payload.length != SN_LINK_HELLO_SIZE) {
        sn_link_fail(link, SN_ERR_PROTOCOL, "the edge's HELLO does not have 16 bytes");
    } else if (!same_model(link, body)) {
        sn_link_fail(link, SN_ERR_MODEL_MISMATCH,
                     "head and tail come from different models or cuts: serve the tail of this head");
    } else if (!sn_link_has_stream(link) && !sn_link_agree(link, sn_get_u16(&body->payload.data[2]))) {
        sn_link_fail(link, SN_ERR_MTU, "the peer's frames hold less than 128 bytes");
    } else {
        sn_link_greet(link);
    }
}

void sn_link_tell_refused(sn_link *link, uint32_t id, const sn_reason *reason) {
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
        sn_link_fail(link, reason->code, reason->text);
        return;
    }
    sn_link_tell_refused(link, id, reason);
}

static void receive_error(sn_link *link, const sn_header *header, const sn_body *body) {
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

void sn_link_receive_message(sn_link *link, const sn_header *header, const sn_body *body) {
    link->counts.rx_messages++;
    switch ((sn_frame_type)header->type) {
    case SN_FRAME_HELLO:
        receive_hello(link, header, body);
        break;
    case SN_FRAME_ERROR:
        receive_error(link, header, body);
        break;
    case SN_FRAME_DATA:
    case SN_FRAME_RESULT:
    case SN_FRAME_ECHO:
    case SN_FRAME_ECHO_REPLY:
        if (!link->events->message(link->owner, header, body)) {
            link->counts.rx_bad_frame++;
        }
        break;
    case SN_FRAME_ACK:
        link->counts.rx_bad_frame++; /* a stream needs none */
        break;
    }
}
