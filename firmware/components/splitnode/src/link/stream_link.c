/* SPDX-License-Identifier: MIT */
/*
 * The stream of TCP. One frame is held at a time: what asks for an answer waits until the way out is free, and the
 * payload of a round trip is sent back from where it arrived.
 */
#include "node/internal.h"

static bool is_in_use(const sn_node *node) {
    return node->link.state == NODE_LINK_GREETING || node->link.state == NODE_LINK_UP;
}

void node_stream_reset(sn_node *node) {
    node->stream.frame_held = false;
    node->stream.frame_handled = false;
    sn_stream_init(&node->stream.bytes, node->memory.receive, node->memory.receive_capacity);
}

/* Does the frame ask for an answer, for which the way out must be free? */
static bool needs_answer(const sn_node *node) {
    sn_bytes frame = sn_stream_frame(&node->stream.bytes);
    sn_header header;
    if (!sn_header_unpack(&header, frame.data, frame.length)) {
        return false;
    }
    return header.type == SN_FRAME_DATA || header.type == SN_FRAME_ECHO ||
           (header.type == SN_FRAME_HELLO && node_is_tail(node)) || (header.flags & SN_FLAG_AUTHENTICATED) != 0;
}

static void refuse_authenticated(sn_node *node, const sn_header *header) {
    sn_reason reason;
    sn_reason_set(&reason, SN_ERR_UNSUPPORTED, "authenticated messages are not supported");
    if (header->type == SN_FRAME_ERROR) {
        node->stats.rx_bad_frame++; /* an error is never answered by an error */
        return;
    }
    node_infer_refused(node, header->message, &reason);
    node_echo_refused(node, header->message, &reason);
    node_send_error(node, header->message, reason.code, reason.text);
}

/* The asking side's session is in every frame of a connection; HELLO names it. */
static bool is_of_session(sn_node *node, const sn_header *header) {
    if (node_is_tail(node) && !node->link.greeted) {
        node->link.session = header->session;
    }
    return header->session == node->link.session;
}

static void receive_frame(sn_node *node) {
    sn_bytes frame = sn_stream_frame(&node->stream.bytes);
    sn_header header;
    node->stats.rx_frames++;
    node->stats.rx_bytes += frame.length + SN_STREAM_LEAD - SN_HEADER_SIZE;
    if (!sn_header_unpack(&header, frame.data, frame.length) || header.count != 1 || !is_of_session(node, &header)) {
        node->stats.rx_bad_frame++;
        return;
    }
    if ((header.flags & SN_FLAG_AUTHENTICATED) != 0) {
        refuse_authenticated(node, &header);
        return;
    }
    sn_body body;
    if (!sn_body_open(&body, &frame.data[SN_HEADER_SIZE], frame.length - SN_HEADER_SIZE)) {
        node->stats.rx_bad_crc++;
        node_link_fail(node, SN_ERR_PROTOCOL, "a message came with a wrong length or CRC");
        return;
    }
    bool asks = header.type == SN_FRAME_DATA || header.type == SN_FRAME_ECHO;
    if (asks && node->link.state != NODE_LINK_UP) {
        node->stats.rx_messages++;
        node_send_error(node, header.message, SN_ERR_PROTOCOL, "the first message of a connection is HELLO");
        return;
    }
    node_receive_message(node, &header, &body);
}

void node_stream_receive(sn_node *node, const uint8_t *data, size_t length) {
    node_stream *stream = &node->stream;
    while (length != 0 && is_in_use(node)) {
        if (stream->frame_held) {
            node_link_fail(node, SN_ERR_PROTOCOL, "the peer asks for more without taking what it has asked for");
            return;
        }
        size_t taken = 0;
        sn_stream_state state = sn_stream_push(&stream->bytes, data, length, &taken);
        data += taken;
        length -= taken;
        if (state == SN_STREAM_BAD) {
            node->stats.rx_bad_frame++;
            node_link_fail(node, SN_ERR_PROTOCOL, "the peer announces a frame that is too short or too long");
            return;
        }
        if (state == SN_STREAM_FRAME) {
            stream->frame_held = true;
            stream->frame_handled = !needs_answer(node);
            if (stream->frame_handled) {
                receive_frame(node);
            }
            node_link_go_on(node);
        }
    }
}

/* Offers the link what it will take. True when the message has just gone out completely. */
static bool send_more(sn_node *node) {
    node_send *send = &node->send;
    uint32_t size = sn_message_stream_size(&send->message);
    while (send->offset < size) {
        uint8_t piece[NODE_SEND_PIECE];
        uint32_t length = sn_message_stream_read(&send->message, send->offset, piece, sizeof piece);
        int32_t taken = node->port->link_send(node->port->ctx, node->link.via, 0, piece, length);
        if (taken < 0) {
            return false; /* the port is about to report the end of the link; if not, the deadline is */
        }
        send->offset += (uint32_t)taken < length ? (uint32_t)taken : length;
        if ((uint32_t)taken < length) {
            return false;
        }
    }
    node->stats.tx_frames++;
    node->stats.tx_bytes += size;
    node->cost.frames++;
    node->cost.wire += size;
    send->active = false;
    return true;
}

void node_stream_go_on(sn_node *node) {
    node_stream *stream = &node->stream;
    while (is_in_use(node)) {
        bool is_reply = node->send.active && node->send.message.header.type == SN_FRAME_ECHO_REPLY;
        if (stream->frame_held && stream->frame_handled && !is_reply) {
            stream->frame_held = false;
            sn_stream_next(&stream->bytes);
        }
        if (node->send.active) {
            if (!send_more(node)) {
                return;
            }
            node_message_out(node);
        } else if (stream->frame_held) {
            stream->frame_handled = true;
            receive_frame(node);
        } else if (node->work.state == NODE_WORK_READY) {
            node_infer_send(node);
        } else {
            return;
        }
    }
}
