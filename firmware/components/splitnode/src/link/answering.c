/* SPDX-License-Identifier: MIT */
/*
 * Role tail on a packet link. It only reacts to what arrives, and has no timers. It serves one head: the one that has
 * greeted last, unless it was at work for another. The answer to a message is kept until that head begins the next.
 */
#include "node/internal.h"

static uint32_t fragments(const sn_node *node) {
    return sn_message_fragments(&node->send.message, node->frames.fragment_length);
}

void node_answering_begin(sn_node *node) {
    node_answering *answering = &node->answering;
    answering->state = NODE_ANSWER_KNOWN;
    answering->next = 0;
    sn_sender_init(&answering->sender, SN_SEND_ANSWER, fragments(node));
    if (node->link.state != NODE_LINK_UP) {
        node->send.active = false; /* the head will ask again */
    }
}

void node_answering_end(sn_node *node) {
    node->answering.has_peer = false;
    node->answering.state = NODE_ANSWER_NONE;
}

/* Over BLE: one fragment after the other. */
static bool send_in_order(sn_node *node) {
    node_answering *answering = &node->answering;
    if (!node_frames_send(node, answering->to, &(sn_fragment_out){.index = answering->next}, node->send.is_out)) {
        return false;
    }
    answering->next++;
    if (answering->next == fragments(node)) {
        node->send.active = false;
        node_message_out(node);
    }
    return true;
}

bool node_answering_step(sn_node *node) {
    sn_sender *sender = &node->answering.sender;
    sn_fragment_out out;
    if (!node->send.active || node->answering.state != NODE_ANSWER_KNOWN) {
        return false;
    }
    if (!node_repeats(node)) {
        return send_in_order(node);
    }
    if (!sn_sender_next(sender, &out)) {
        return false;
    }
    if (!node_frames_send(node, node->answering.to, &out, out.index < sender->next)) {
        return false;
    }
    sn_sender_transmitted(sender, &out, node_now(node));
    if (sender->next == sender->count) {
        node_message_out(node);
    }
    return true;
}

/* Takes a head that is not the one before, or the same over a new connection. */
static void welcome(sn_node *node, const sn_header *header, uint64_t from) {
    node_answering *answering = &node->answering;
    node_frames *frames = &node->frames;
    if (!answering->has_peer || header->session != node->link.session) {
        if (node->link.state == NODE_LINK_UP) {
            node_link_lose(node, SN_ERR_EDGE_LOST, "another head has greeted");
            node->link.state = NODE_LINK_GREETING;
        }
        node_infer_link_lost(node, SN_ERR_EDGE_LOST, "another head has greeted");
        answering->past_session = node->link.session;
        answering->past_latest = answering->latest;
        answering->has_peer = true;
        answering->latest = 0;
        answering->state = NODE_ANSWER_NONE;
        node->link.session = header->session;
        sn_reassembly_init(&frames->reassembly, node->memory.receive, node->memory.receive_capacity, frames->bitmap,
                           sizeof frames->bitmap, frames->fragment_length);
    } else if (frames->reassembly.fragment_length != frames->fragment_length) {
        if (answering->state == NODE_ANSWER_NONE) {
            sn_reassembly_forget(&frames->reassembly);
        }
        frames->reassembly.fragment_length = frames->fragment_length;
    }
    answering->to = from;
}

static void receive_hello(sn_node *node, uint64_t from, const sn_header *header, const sn_body *body) {
    const char *why = NULL;
    bool is_other = node->link.greeted && header->session != node->link.session;
    bool at_work = node->work.state == NODE_WORK_INVOKING && !node->work.abandoned;
    if (is_other && header->session == node->answering.past_session &&
        !sn_message_is_older(node->answering.past_latest, header->message)) {
        node->stats.rx_duplicate++; /* a late copy */
        return;
    }
    node->stats.rx_messages++;
    sn_error code = node_check_hello(node, body, &why);
    if (code == SN_OK && is_other && at_work) {
        code = SN_ERR_BUSY;
        why = "the tail is working for another head";
    }
    if (code == SN_OK && !node_frames_agree(node, sn_get_u16(&body->payload.data[2]))) {
        code = SN_ERR_MTU;
        why = "frames must hold at least 128 bytes";
    }
    if (code != SN_OK) {
        node_frames_refuse(node, from, header, code, why);
        return;
    }
    welcome(node, header, from);
    node->answering.latest = header->message;
    uint8_t payload[NODE_HELLO_SIZE];
    uint32_t length = node_make_hello(node, payload);
    node_frames_note(node, from, header, SN_FRAME_HELLO, (sn_bytes){payload, length});
    node_link_greeted(node);
}

static bool is_of_peer(const sn_node *node, const sn_header *header) {
    return node->answering.has_peer && node->link.greeted && header->session == node->link.session;
}

static void receive_ack(sn_node *node, uint64_t from, const sn_header *header, const sn_ack *ack) {
    node_answering *answering = &node->answering;
    const sn_reassembly *reassembly = &node->frames.reassembly;
    bool is_poll = (header->flags & SN_FLAG_ACK_REQUESTED) != 0;
    bool is_known = is_of_peer(node, header) && reassembly->active && header->message == reassembly->header.message;
    if (!is_known) {
        if (is_poll) {
            node_frames_refuse(node, from, header, SN_ERR_EDGE_LOST, "nothing is known here of this message");
        }
        return;
    }
    answering->to = from;
    if (answering->state != NODE_ANSWER_KNOWN) {
        node->frames.ack_due = node->frames.ack_due || is_poll;
    } else if (is_poll) {
        sn_sender_on_poll(&answering->sender, ack, node_now(node));
    } else {
        sn_sender_on_ack(&answering->sender, ack, node_now(node));
    }
}

/* A HELLO or an ACK: one frame that is a whole message. */
static void receive_single(sn_node *node, uint64_t from, const sn_header *header, const uint8_t *frame, size_t length) {
    sn_body body;
    sn_ack ack;
    if (header->count != 1) {
        node->stats.rx_bad_frame++;
    } else if (!sn_body_open(&body, &frame[SN_HEADER_SIZE], (uint32_t)length - SN_HEADER_SIZE)) {
        node->stats.rx_bad_crc++;
    } else if (header->type == SN_FRAME_HELLO) {
        receive_hello(node, from, header, &body);
    } else if (node_repeats(node) && sn_ack_unpack(&ack, body.payload)) {
        receive_ack(node, from, header, &ack);
    } else {
        node->stats.rx_bad_frame++;
    }
}

/* A fragment of a message that is complete. */
static void receive_known(sn_node *node, const sn_header *header, bool wants_ack) {
    node_answering *answering = &node->answering;
    node->stats.rx_duplicate++;
    if (wants_ack) {
        node->frames.ack_due = true;
    }
    if (!node_repeats(node) && header->index + 1 == header->count && answering->state == NODE_ANSWER_KNOWN) {
        answering->next = 0; /* the whole message again, over a new connection: so is the answer */
        node->send.active = true;
    }
}

/* The head has begun a new message: nobody wants the answer to the one before any more. */
static void forget_answer(sn_node *node) {
    node_answering *answering = &node->answering;
    if (answering->state == NODE_ANSWER_OWED) {
        node_infer_link_lost(node, SN_ERR_EDGE_LOST, "the head has begun another message");
    }
    answering->state = NODE_ANSWER_NONE;
    node->send.active = false;
}

static void receive_fragment(sn_node *node, const sn_header *header, const uint8_t *frame, size_t length,
                             bool wants_ack) {
    node_answering *answering = &node->answering;
    node_frames *frames = &node->frames;
    bool is_new = !sn_reassembly_is_of(&frames->reassembly, header);
    if (!is_new && answering->state != NODE_ANSWER_NONE) {
        receive_known(node, header, wants_ack);
        return;
    }
    sn_fragment_state state = sn_reassembly_push(&frames->reassembly, frame, length);
    switch (state) {
    case SN_FRAGMENT_DUPLICATE:
        node->stats.rx_duplicate++;
        frames->ack_due = frames->ack_due || (wants_ack && !is_new);
        return;
    case SN_FRAGMENT_BAD:
    case SN_FRAGMENT_TOO_LARGE:
        node->stats.rx_bad_frame++;
        if (state == SN_FRAGMENT_TOO_LARGE && (wants_ack || header->index + 1 == header->count)) {
            node_frames_refuse(node, answering->to, header, SN_ERR_TENSOR_SIZE,
                               "the message does not fit into the tail's memory");
        }
        return;
    case SN_FRAGMENT_MORE:
    case SN_FRAGMENT_COMPLETE:
    case SN_FRAGMENT_BAD_BODY:
        break;
    }
    if (is_new) {
        forget_answer(node);
    }
    if (state == SN_FRAGMENT_BAD_BODY) {
        node->stats.rx_bad_crc++;
        node_send_error(node, header->message, SN_ERR_PROTOCOL, "the message came with a wrong length or CRC");
        return;
    }
    if (state == SN_FRAGMENT_COMPLETE) {
        answering->state = NODE_ANSWER_OWED;
        node_receive_message(node, &frames->reassembly.header, &frames->reassembly.body);
        /* An answer does for an ACK. Without one the ACK is due even if a late fragment that did not ask for it
         * has made the message complete: it saves the head a probe. */
        wants_ack = node_repeats(node) && answering->state == NODE_ANSWER_OWED;
    }
    frames->ack_due = frames->ack_due || wants_ack;
}

void node_answering_receive(sn_node *node, const sn_source *from, const sn_header *header, const uint8_t *frame,
                            size_t length) {
    bool wants_ack = node_repeats(node) && (header->flags & SN_FLAG_ACK_REQUESTED) != 0;
    bool is_single = header->type == SN_FRAME_HELLO || header->type == SN_FRAME_ACK;
    bool is_fragment = header->type == SN_FRAME_DATA || header->type == SN_FRAME_ECHO;
    if ((header->flags & SN_FLAG_ANSWER) != 0 || (!is_single && !is_fragment)) {
        node->stats.rx_bad_frame++;
        return;
    }
    if ((header->flags & SN_FLAG_AUTHENTICATED) != 0) {
        node->stats.rx_bad_frame++;
        node_frames_refuse(node, from->address, header, SN_ERR_UNSUPPORTED, "authenticated messages are not supported");
        return;
    }
    if (node_repeats(node) && is_of_peer(node, header) &&
        sn_message_is_older(header->message, node->answering.latest)) {
        node->stats.rx_duplicate++; /* the head has gone on */
        return;
    }
    if (is_single) {
        receive_single(node, from->address, header, frame, length);
        return;
    }
    if (!is_of_peer(node, header)) {
        node->stats.rx_bad_frame++;
        if (wants_ack || (!node_repeats(node) && header->index + 1 == header->count)) {
            node_frames_refuse(node, from->address, header, SN_ERR_EDGE_LOST,
                               "no HELLO of this session has come: open the link again");
        }
        return;
    }
    node->answering.to = from->address;
    node->answering.latest = header->message;
    receive_fragment(node, header, frame, length, wants_ack);
}
