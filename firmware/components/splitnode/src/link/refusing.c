/* SPDX-License-Identifier: MIT */
/* ERROR, of both sides; and what becomes of a request that is refused. */
#include "link/internal.h"

#include <string.h>

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

void sn_link_note_error(sn_link *link, uint64_t to, const sn_header *request, sn_error code, const char *text) {
    uint8_t payload[SN_LINK_FRAME_LEAST];
    size_t most = SN_LINK_FRAME_LEAST - SN_HEADER_SIZE - SN_BODY_OVERHEAD - 4;
    uint32_t length = make_error(code, text, most, payload);
    sn_link_note(link, to, request, SN_FRAME_ERROR, (sn_bytes){payload, length});
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
