/* SPDX-License-Identifier: MIT */
/* HELLO, of both sides. */
#include "link/internal.h"

uint32_t sn_link_make_hello(const sn_link *link, uint8_t payload[SN_LINK_HELLO_SIZE]) {
    const sn_greeting *greeting = &link->greeting;
    payload[0] = (uint8_t)greeting->role;
    payload[1] = greeting->dtype;
    sn_put_u16(&payload[2], sn_link_has_stream(link) ? 0 : (uint16_t)sn_link_frame_limit(link));
    sn_put_u32(&payload[4], greeting->size);
    sn_put_u32(&payload[8], greeting->classes);
    sn_put_u32(&payload[12], 0);
    return SN_LINK_HELLO_SIZE;
}

void sn_link_send_hello(sn_link *link, uint8_t flags, uint32_t id) {
    uint8_t *payload = link->sending.small;
    uint32_t length = sn_link_make_hello(link, payload);
    sn_link_send(link, SN_FRAME_HELLO, flags, id, (sn_bytes){payload, length}, (sn_bytes){0});
}

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

void sn_link_receive_hello(sn_link *link, const sn_header *header, const sn_body *body) {
    if (sn_link_is_tail(link)) {
        answer_hello(link, header, body);
    } else if (link->state != SN_LINK_GREETING || header->message != link->hello) {
        link->counts.rx_bad_frame++;
    } else if (body->payload.length != SN_LINK_HELLO_SIZE) {
        sn_link_fail(link, SN_ERR_PROTOCOL, "the edge's HELLO does not have 16 bytes");
    } else if (body->payload.data[0] != SN_ROLE_TAIL) {
        sn_link_fail(link, SN_ERR_PROTOCOL, "this is not the HELLO of a tail: head and head cannot work together");
    } else if (!same_model(link, body)) {
        sn_link_fail(link, SN_ERR_MODEL_MISMATCH,
                     "head and tail come from different models or cuts: serve the tail of this head");
    } else if (!sn_link_has_stream(link) && !sn_link_agree(link, sn_get_u16(&body->payload.data[2]))) {
        sn_link_fail(link, SN_ERR_MTU, "the peer's frames hold less than 128 bytes");
    } else {
        sn_link_greet(link);
    }
}
