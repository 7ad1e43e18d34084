/* SPDX-License-Identifier: MIT */
/*
 * The frames of a packet link (UDP, ESP-NOW, BLE). The driver takes one after the other, the most urgent first, until
 * it is full; what it refused is made anew when it is writable, so that an ACK always tells the latest.
 */
#include "node/internal.h"

uint32_t node_frames_limit(const sn_node *node) {
    uint32_t limit = node->port->link_frame_limit(node->port->ctx, node->link.via);
    return limit < NODE_FRAME_MOST ? limit : NODE_FRAME_MOST;
}

bool node_frames_agree(sn_node *node, uint32_t peer_limit) {
    uint32_t limit = node_frames_limit(node);
    if (limit > peer_limit) {
        limit = peer_limit;
    }
    if (limit < NODE_FRAME_LEAST) {
        return false;
    }
    node->frames.fragment_length = limit - SN_HEADER_SIZE;
    return true;
}

bool node_frames_begin(sn_node *node) {
    node_frames_end(node);
    sn_rto_init(&node->asking.rto);
    return node_frames_agree(node, NODE_FRAME_MOST);
}

void node_frames_end(sn_node *node) {
    node->frames.is_full = false;
    node->frames.ack_due = false;
    node->frames.note_length = 0;
    node_asking_end(node);
    node->send.active = false;
}

static bool hand_over(sn_node *node, uint64_t to, const uint8_t *frame, uint32_t length) {
    int32_t taken = node->port->link_send(node->port->ctx, node->link.via, to, frame, length);
    if (taken != (int32_t)length) { /* if it is negative, the port is about to report the end of the link */
        node->frames.is_full = true;
        node->frames.deadline = node_now(node) + NODE_PATIENCE_US;
        return false;
    }
    node->stats.tx_frames++;
    node->stats.tx_bytes += length;
    node->cost.frames++;
    node->cost.wire += length;
    return true;
}

bool node_frames_send(sn_node *node, uint64_t to, const sn_fragment_out *fragment, bool again) {
    uint8_t frame[NODE_FRAME_MOST];
    uint32_t length = sn_message_fragment(&node->send.message, node->frames.fragment_length, (uint16_t)fragment->index,
                                          fragment->ack_requested, frame);
    if (!hand_over(node, to, frame, length)) {
        return false;
    }
    node->stats.resent += again;
    node->cost.resent += again;
    return true;
}

static uint32_t make_single(uint8_t *frame, const sn_header *header, uint32_t model_id, sn_bytes payload) {
    sn_message message;
    sn_message_init(&message, header, model_id, payload, (sn_bytes){0});
    return sn_message_fragment(&message, NODE_FRAME_LEAST, 0, false, frame);
}

bool node_frames_acknowledge(sn_node *node, bool is_poll) {
    const sn_reassembly *reassembly = &node->frames.reassembly;
    bool is_tail = node_is_tail(node);
    sn_header header = {.type = SN_FRAME_ACK, .session = node->link.session, .message = reassembly->header.message};
    header.flags = is_tail ? SN_FLAG_ANSWER : 0;
    if (is_poll) {
        header.flags |= SN_FLAG_ACK_REQUESTED;
        header.message = node->asking.message;
    }
    sn_ack ack = sn_reassembly_ack(reassembly);
    uint8_t payload[SN_ACK_SIZE];
    uint8_t frame[NODE_FRAME_LEAST];
    sn_ack_pack(&ack, payload);
    uint32_t length = make_single(frame, &header, 0, (sn_bytes){payload, sizeof payload});
    if (!hand_over(node, is_tail ? node->answering.to : 0, frame, length)) {
        return false;
    }
    node->frames.ack_due = false;
    node->stats.polls += is_poll;
    return true;
}

void node_frames_note(sn_node *node, uint64_t to, const sn_header *request, sn_frame_type type, sn_bytes payload) {
    sn_header header = {
        .type = (uint8_t)type, .flags = SN_FLAG_ANSWER, .session = request->session, .message = request->message};
    node->stats.tx_messages++;
    node->frames.note_to = to;
    node->frames.note_length = make_single(node->frames.note, &header, node->slot.model_id, payload);
}

void node_frames_refuse(sn_node *node, uint64_t to, const sn_header *request, sn_error code, const char *text) {
    uint8_t payload[NODE_FRAME_LEAST];
    size_t most = NODE_FRAME_LEAST - SN_HEADER_SIZE - SN_BODY_OVERHEAD - 4;
    uint32_t length = node_make_error(code, text, most, payload);
    node_frames_note(node, to, request, SN_FRAME_ERROR, (sn_bytes){payload, length});
}

static bool send_note(sn_node *node) {
    node_frames *frames = &node->frames;
    if (!hand_over(node, frames->note_to, frames->note, frames->note_length)) {
        return false;
    }
    frames->note_length = 0;
    return true;
}

static bool send_next(sn_node *node) {
    if (node->frames.note_length != 0) {
        return send_note(node);
    }
    if (node->frames.ack_due) {
        return node_frames_acknowledge(node, false);
    }
    if (node->work.state == NODE_WORK_READY && node->link.state == NODE_LINK_UP) {
        node_infer_send(node);
        return true;
    }
    return node_is_tail(node) ? node_answering_step(node) : node_asking_step(node);
}

void node_frames_go_on(sn_node *node) {
    while ((node->link.state == NODE_LINK_GREETING || node->link.state == NODE_LINK_UP) && !node->frames.is_full &&
           send_next(node)) {
    }
}

void node_frames_receive(sn_node *node, const sn_source *from, const uint8_t *frame, size_t length) {
    sn_header header;
    if (node->link.state != NODE_LINK_GREETING && node->link.state != NODE_LINK_UP) {
        return;
    }
    node->stats.rx_frames++;
    node->stats.rx_bytes += length;
    if (!sn_header_unpack(&header, frame, length)) {
        node->stats.rx_bad_frame++;
    } else if (node_is_tail(node)) {
        node_answering_receive(node, from, &header, frame, length);
    } else {
        node_asking_receive(node, &header, frame, length);
    }
    node_link_go_on(node);
}
