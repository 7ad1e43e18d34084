/* SPDX-License-Identifier: MIT */
/* A message of the peer: the link's own, or its owner's. */
#include "link/internal.h"

sn_fragment_state sn_link_reassemble(sn_link *link, const sn_header *header, const uint8_t *frame, size_t length) {
    sn_reassembly *reassembly = &link->frames.reassembly;
    if (sn_link_is_keyed(link)) { /* what stands in the frame is no session */
        return sn_reassembly_take(reassembly, header, &frame[SN_HEADER_SIZE], length - SN_HEADER_SIZE);
    }
    return sn_reassembly_push(reassembly, frame, length);
}

void sn_link_receive_message(sn_link *link, const sn_header *header, const sn_body *body) {
    link->counts.rx_messages++;
    switch ((sn_frame_type)header->type) {
    case SN_FRAME_HELLO:
        sn_link_receive_hello(link, header, body);
        break;
    case SN_FRAME_ERROR:
        sn_link_receive_error(link, header, body);
        break;
    case SN_FRAME_DATA:
    case SN_FRAME_RESULT:
    case SN_FRAME_ECHO:
    case SN_FRAME_ECHO_REPLY:
        link->asking.is_going_out = false; /* if it answers, nothing of the request need go out any more */
        if (!link->events->message(link->owner, header, body)) {
            link->counts.rx_bad_frame++;
        }
        break;
    case SN_FRAME_ACK:
        link->counts.rx_bad_frame++; /* a stream needs none */
        break;
    }
}
