/* SPDX-License-Identifier: MIT */
/* The frames of a packet link, as they are handed to its driver. */
#include "link/internal.h"

uint32_t sn_link_frame_limit(const sn_link *link) {
    uint32_t limit = link->port->link_frame_limit(link->port->ctx, link->via);
    return limit < SN_LINK_FRAME_MOST ? limit : SN_LINK_FRAME_MOST;
}

uint32_t sn_link_agreed(const sn_link *link, uint32_t peer_limit) {
    uint32_t limit = sn_link_frame_limit(link);
    if (limit > peer_limit) {
        limit = peer_limit;
    }
    return limit < SN_LINK_FRAME_LEAST ? 0 : limit - SN_HEADER_SIZE;
}

bool sn_link_agree(sn_link *link, uint32_t peer_limit) {
    uint32_t length = sn_link_agreed(link, peer_limit);
    if (length == 0) {
        return false;
    }
    link->frames.fragment_length = length;
    return true;
}

bool sn_link_begin_frames(sn_link *link) {
    sn_link_reset_frames(link);
    sn_rto_init(&link->asking.rto);
    return sn_link_agree(link, SN_LINK_FRAME_MOST);
}

static bool hand_over(sn_link *link, uint64_t to, const uint8_t *frame, uint32_t length) {
    int32_t taken = link->port->link_send(link->port->ctx, link->via, to, frame, length);
    if (taken != (int32_t)length) { /* if it is negative, the port is about to report the end of the link */
        link->frames.is_full = true;
        link->frames.deadline = sn_link_now(link) + SN_LINK_PATIENCE_US;
        return false;
    }
    link->counts.tx_frames++;
    link->counts.tx_bytes += length;
    link->cost.frames++;
    link->cost.wire += length;
    return true;
}

bool sn_link_send_fragment(sn_link *link, uint64_t to, const sn_fragment_out *fragment, bool again) {
    uint8_t frame[SN_LINK_FRAME_MOST];
    bool is_sealed = sn_link_is_keyed(link) && link->sending.message.header.type != SN_FRAME_HELLO;
    if (is_sealed) {
        sn_link_tag_anew(link);
    }
    uint32_t length = sn_message_fragment(&link->sending.message, link->frames.fragment_length,
                                          (uint16_t)fragment->index, fragment->ack_requested, frame);
    if (is_sealed) {
        sn_check_put(link->port, &link->auth.session, frame, length);
    }
    if (!hand_over(link, to, frame, length)) {
        return false;
    }
    link->counts.resent += again;
    link->cost.resent += again;
    return true;
}

/* `key` is that of the tag and, if it has one, of the check; NULL for neither. */
static uint32_t make_single(const sn_link *link, uint8_t *frame, sn_header *header, uint32_t model_id, sn_bytes payload,
                            const sn_key *key, bool is_sealed) {
    sn_message message;
    header->flags |= key != NULL ? SN_FLAG_AUTHENTICATED : 0;
    sn_message_init(&message, header, model_id, payload, (sn_bytes){0});
    if (key != NULL) {
        sn_message_tag(&message, link->port, key);
    }
    uint32_t length = sn_message_fragment(&message, SN_LINK_FRAME_LEAST, 0, false, frame);
    if (key != NULL && is_sealed) {
        sn_check_put(link->port, key, frame, length);
    }
    return length;
}

bool sn_link_acknowledge(sn_link *link, bool is_poll) {
    const sn_reassembly *reassembly = &link->frames.reassembly;
    bool is_tail = sn_link_is_tail(link);
    sn_header header = {.type = SN_FRAME_ACK, .session = link->session, .message = reassembly->header.message};
    header.flags = is_tail ? SN_FLAG_ANSWER : 0;
    if (is_poll) {
        header.flags |= SN_FLAG_ACK_REQUESTED;
        header.message = link->asking.message;
    }
    sn_ack ack = sn_reassembly_ack(reassembly);
    uint8_t payload[SN_ACK_SIZE];
    uint8_t frame[SN_LINK_FRAME_LEAST];
    sn_ack_pack(&ack, payload);
    const sn_key *key = sn_link_is_keyed(link) ? &link->auth.session : NULL;
    uint32_t length = make_single(link, frame, &header, 0, (sn_bytes){payload, sizeof payload}, key, true);
    if (!hand_over(link, is_tail ? link->answering.to : 0, frame, length)) {
        return false;
    }
    link->frames.ack_due = false;
    link->counts.polls += is_poll;
    return true;
}

void sn_link_note(sn_link *link, uint64_t to, const sn_header *request, sn_frame_type type, sn_bytes payload,
                  const sn_key *key) {
    sn_header header = {
        .type = (uint8_t)type, .flags = SN_FLAG_ANSWER, .session = request->session, .message = request->message};
    link->counts.tx_messages++;
    link->frames.note_to = to;
    link->frames.note_length = make_single(link, link->frames.note, &header, link->greeting.model_id, payload, key,
                                           request->type != SN_FRAME_HELLO);
}

bool sn_link_send_note(sn_link *link) {
    sn_link_frames *frames = &link->frames;
    if (!hand_over(link, frames->note_to, frames->note, frames->note_length)) {
        return false;
    }
    frames->note_length = 0;
    return true;
}
