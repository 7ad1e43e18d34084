/* SPDX-License-Identifier: MIT */
/* Role head's request on a packet link: until its answer is complete, over BLE without ACKs and timers. */
#include "node/internal.h"

static uint32_t fragments(const sn_node *node) {
    return sn_message_fragments(&node->send.message, node->frames.fragment_length);
}

void node_asking_begin(sn_node *node) {
    node_asking *asking = &node->asking;
    node_frames *frames = &node->frames;
    asking->active = true;
    asking->message = node->send.message.header.message;
    asking->next = 0;
    frames->ack_due = false;
    if (node->send.message.header.type != SN_FRAME_HELLO && asking->message != asking->reached_message) {
        asking->reached_message = asking->message;
        asking->reached = 0;
        asking->give_up_at = node_now(node) + NODE_PATIENCE_US;
    }
    sn_reassembly_init(&frames->reassembly, node->memory.receive, node->memory.receive_capacity, frames->bitmap,
                       sizeof frames->bitmap, frames->fragment_length);
    sn_exchange_begin(&asking->exchange, &asking->rto, fragments(node), node_now(node));
}

void node_asking_end(sn_node *node) {
    if (node->asking.active) {
        node->asking.active = false;
        sn_exchange_end(&node->asking.exchange);
        node->send.active = false;
    }
}

/* Over BLE: one fragment after the other. */
static bool send_in_order(sn_node *node) {
    node_asking *asking = &node->asking;
    bool is_hello = asking->message != asking->reached_message;
    bool again = !is_hello && asking->next < asking->reached;
    if (!node->send.active || !node_frames_send(node, 0, &(sn_fragment_out){.index = asking->next}, again)) {
        return false;
    }
    asking->next++;
    if (!is_hello && !again) {
        asking->reached = asking->next;
        asking->give_up_at = node_now(node) + NODE_PATIENCE_US;
    }
    if (asking->next == fragments(node)) {
        node->send.active = false;
        node_message_out(node);
    }
    return true;
}

bool node_asking_step(sn_node *node) {
    node_asking *asking = &node->asking;
    sn_exchange_out out;
    if (!asking->active) {
        return false;
    }
    if (!node_repeats(node)) {
        return send_in_order(node);
    }
    if (!sn_exchange_next(&asking->exchange, &out)) {
        return false;
    }
    if (out.what == SN_OUT_POLL) {
        if (!node_frames_acknowledge(node, true)) {
            return false;
        }
        sn_exchange_transmitted(&asking->exchange, &out, node_now(node));
        return true;
    }
    bool again = out.fragment.index < asking->exchange.sender.next;
    if (!node_frames_send(node, 0, &out.fragment, again)) {
        return false;
    }
    sn_exchange_transmitted(&asking->exchange, &out, node_now(node));
    if (asking->exchange.sender.next == asking->exchange.sender.count) {
        node_message_out(node);
    }
    return true;
}

static void receive_ack(sn_node *node, const sn_header *header, const uint8_t *frame, size_t length) {
    sn_body body;
    sn_ack ack;
    if (!node_repeats(node) || header->count != 1 ||
        !sn_body_open(&body, &frame[SN_HEADER_SIZE], (uint32_t)length - SN_HEADER_SIZE) ||
        !sn_ack_unpack(&ack, body.payload)) {
        node->stats.rx_bad_frame++;
    } else if (node->asking.active && header->message == node->asking.message) {
        sn_exchange_on_ack(&node->asking.exchange, &ack, node_now(node));
    }
}

/* Can a frame of this type answer what was asked? */
static bool answers(const sn_node *node, uint8_t type) {
    switch ((sn_frame_type)node->send.message.header.type) {
    case SN_FRAME_HELLO:
        return type == SN_FRAME_HELLO || type == SN_FRAME_ERROR;
    case SN_FRAME_DATA: /* RESULT only to all of it */
        return (type == SN_FRAME_RESULT && node->work.state == NODE_WORK_WAITING) || type == SN_FRAME_ERROR;
    case SN_FRAME_ECHO:
        return type == SN_FRAME_ECHO_REPLY || type == SN_FRAME_ERROR;
    case SN_FRAME_RESULT:
    case SN_FRAME_ERROR:
    case SN_FRAME_ECHO_REPLY:
    case SN_FRAME_ACK:
        break;
    }
    return false;
}

static void refuse(sn_node *node, uint32_t message, sn_error code, const char *text) {
    sn_reason reason;
    sn_reason_set(&reason, code, text);
    if (message == node->asking.message) {
        node_asking_end(node);
    }
    node_refused(node, message, &reason);
}

/* A new fragment of the answer has come. */
static void take(sn_node *node, const sn_header *header, bool is_complete) {
    node_frames *frames = &node->frames;
    bool at_once = header->type == SN_FRAME_HELLO || header->type == SN_FRAME_ECHO_REPLY;
    if (node_repeats(node)) {
        sn_exchange_on_fragment(&node->asking.exchange, at_once, node_now(node));
    }
    if (!is_complete) {
        return;
    }
    if (frames->ack_due && !frames->is_full) {
        (void)node_frames_acknowledge(node, false); /* before anything that takes time */
    }
    node_asking_end(node);
    node_receive_message(node, &frames->reassembly.header, &frames->reassembly.body);
}

void node_asking_receive(sn_node *node, const sn_header *header, const uint8_t *frame, size_t length) {
    node_asking *asking = &node->asking;
    node_frames *frames = &node->frames;
    bool is_present = asking->active && header->message == asking->message;
    bool wants_ack = node_repeats(node) && (header->flags & SN_FLAG_ACK_REQUESTED) != 0;
    if ((header->flags & SN_FLAG_ANSWER) == 0 || header->session != node->session) {
        node->stats.rx_bad_frame++;
        return;
    }
    if (header->type == SN_FRAME_ACK) {
        receive_ack(node, header, frame, length);
        return;
    }
    if (!is_present) { /* late; the sender may still want to know that it has come */
        node->stats.rx_duplicate++;
        frames->ack_due = frames->ack_due || (wants_ack && sn_reassembly_is_of(&frames->reassembly, header));
        return;
    }
    if (!answers(node, header->type)) {
        node->stats.rx_bad_frame++;
        return;
    }
    if ((header->flags & SN_FLAG_AUTHENTICATED) != 0) {
        node->stats.rx_bad_frame++;
        refuse(node, asking->message, SN_ERR_UNSUPPORTED, "authenticated messages are not supported");
        return;
    }
    sn_fragment_state state = sn_reassembly_push(&frames->reassembly, frame, length);
    if (state == SN_FRAGMENT_BAD) {
        node->stats.rx_bad_frame++;
        return;
    }
    if (state == SN_FRAGMENT_TOO_LARGE) {
        node->stats.rx_bad_frame++;
        refuse(node, asking->message, SN_ERR_PROTOCOL,
               "the peer's answer is larger than the board's memory for messages");
        return;
    }
    if (state == SN_FRAGMENT_BAD_BODY) {
        node->stats.rx_bad_crc++;
        refuse(node, asking->message, SN_ERR_PROTOCOL, "the peer's answer came with a wrong length or CRC");
        return;
    }
    frames->ack_due = frames->ack_due || wants_ack;
    node->stats.rx_duplicate += state == SN_FRAGMENT_DUPLICATE;
    if (state != SN_FRAGMENT_DUPLICATE) {
        take(node, header, state == SN_FRAGMENT_COMPLETE);
    }
}

/* Over BLE: is part of a message still to go out, over this connection or the next? */
static bool is_going_out(const sn_node *node) {
    return node->link.via == SN_VIA_BLE && (node->work.state == NODE_WORK_SENDING || node_echo_is_going_out(node));
}

uint64_t node_asking_deadline(const sn_node *node) {
    if (is_going_out(node)) {
        return node->asking.give_up_at;
    }
    return node->asking.active && node_repeats(node) ? sn_exchange_deadline(&node->asking.exchange) : SN_NO_DEADLINE;
}

void node_asking_timer(sn_node *node, uint64_t now) {
    node_asking *asking = &node->asking;
    if (now < node_asking_deadline(node)) {
        return;
    }
    if (is_going_out(node)) {
        refuse(node, asking->reached_message, SN_ERR_EDGE_TIMEOUT, "the message could not be sent within 10 s");
        return;
    }
    sn_exchange_on_timer(&asking->exchange, now);
    if (asking->exchange.state == SN_EXCHANGE_FAILED) {
        refuse(node, asking->message, SN_ERR_EDGE_TIMEOUT,
               "the peer does not answer, neither at once nor when asked again");
    }
    node_link_go_on(node);
}
