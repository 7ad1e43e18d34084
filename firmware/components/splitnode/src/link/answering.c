/* SPDX-License-Identifier: MIT */
/*
 * Role tail on a packet link. It only reacts to what arrives, and has no timers. The answer to a message of the head
 * that it serves is kept until that head begins the next.
 */
#include "link/internal.h"

/* Over BLE: one fragment after the other. */
static bool send_in_order(sn_link *link) {
    sn_link_answering *answering = &link->answering;
    if (!sn_link_send_fragment(link, answering->to, &(sn_fragment_out){.index = answering->next},
                               link->sending.is_out)) {
        return false;
    }
    answering->next++;
    if (answering->next == sn_link_fragments(link)) {
        link->sending.active = false;
        sn_link_message_out(link);
    }
    return true;
}

bool sn_link_answer(sn_link *link) {
    sn_sender *sender = &link->answering.sender;
    sn_fragment_out out;
    if (!link->sending.active || link->answering.state != SN_LINK_ANSWER_KNOWN) {
        return false;
    }
    if (!sn_link_repeats(link)) {
        return send_in_order(link);
    }
    if (!sn_sender_next(sender, &out)) {
        return false;
    }
    if (!sn_link_send_fragment(link, link->answering.to, &out, out.index < sender->next)) {
        return false;
    }
    sn_sender_transmitted(sender, &out, sn_link_now(link));
    if (sender->next == sender->count) {
        sn_link_message_out(link);
    }
    return true;
}

static bool is_of_peer(const sn_link *link, const sn_header *header) {
    return link->answering.has_peer && link->greeted && header->session == link->session;
}

static void receive_ack(sn_link *link, uint64_t from, const sn_header *header, const sn_ack *ack) {
    sn_link_answering *answering = &link->answering;
    const sn_reassembly *reassembly = &link->frames.reassembly;
    bool is_poll = (header->flags & SN_FLAG_ACK_REQUESTED) != 0;
    bool is_known = is_of_peer(link, header) && reassembly->active && header->message == reassembly->header.message;
    if (!is_known) {
        if (is_poll) {
            sn_link_note_error(link, from, header, SN_ERR_EDGE_LOST, "nothing is known here of this message");
        }
        return;
    }
    answering->to = from;
    if (answering->state != SN_LINK_ANSWER_KNOWN) {
        link->frames.ack_due = link->frames.ack_due || is_poll;
    } else if (is_poll) {
        sn_sender_on_poll(&answering->sender, ack, sn_link_now(link));
    } else {
        sn_sender_on_ack(&answering->sender, ack, sn_link_now(link));
    }
}

/* A HELLO or an ACK: one frame that is a whole message. */
static void receive_single(sn_link *link, uint64_t from, const sn_header *header, const uint8_t *frame, size_t length) {
    sn_body body;
    sn_ack ack;
    if (!sn_link_take_tag(link, header, frame, &length)) {
        return;
    }
    if (header->count != 1) {
        link->counts.rx_bad_frame++;
    } else if (!sn_body_open(&body, &frame[SN_HEADER_SIZE], (uint32_t)length - SN_HEADER_SIZE)) {
        link->counts.rx_bad_crc++;
    } else if (header->type == SN_FRAME_HELLO) {
        sn_link_receive_head(link, from, header, &body);
    } else if (sn_link_repeats(link) && sn_ack_unpack(&ack, body.payload)) {
        receive_ack(link, from, header, &ack);
    } else {
        link->counts.rx_bad_frame++;
    }
}

/* A fragment of a message that is complete. */
static void receive_known(sn_link *link, const sn_header *header, bool wants_ack) {
    sn_link_answering *answering = &link->answering;
    link->counts.rx_duplicate++;
    if (wants_ack) {
        link->frames.ack_due = true;
    }
    if (!sn_link_repeats(link) && header->index + 1 == header->count && answering->state == SN_LINK_ANSWER_KNOWN) {
        answering->next = 0; /* the whole message again, over a new connection: so is the answer */
        link->sending.active = true;
    }
}

static void receive_fragment(sn_link *link, uint64_t from, const sn_header *header, const uint8_t *frame, size_t length,
                             bool wants_ack) {
    sn_link_answering *answering = &link->answering;
    sn_link_frames *frames = &link->frames;
    bool is_new = !sn_reassembly_is_of(&frames->reassembly, header);
    if (!is_new && answering->state != SN_LINK_ANSWER_NONE) {
        answering->to = from;
        receive_known(link, header, wants_ack);
        return;
    }
    sn_fragment_state state = sn_link_reassemble(link, header, frame, length);
    switch (state) {
    case SN_FRAGMENT_DUPLICATE:
        answering->to = from;
        link->counts.rx_duplicate++;
        frames->ack_due = frames->ack_due || (wants_ack && !is_new);
        return;
    case SN_FRAGMENT_BAD:
    case SN_FRAGMENT_TOO_LARGE:
        link->counts.rx_bad_frame++;
        if (state == SN_FRAGMENT_TOO_LARGE && (wants_ack || header->index + 1 == header->count)) {
            sn_link_note_error(link, from, header, SN_ERR_TENSOR_SIZE,
                               "the message does not fit into the tail's memory");
        }
        return;
    case SN_FRAGMENT_FOREIGN:
        link->counts.rx_foreign++;
        return;
    case SN_FRAGMENT_MORE:
    case SN_FRAGMENT_COMPLETE:
    case SN_FRAGMENT_BAD_BODY:
        break;
    }
    answering->to = from;
    if (is_new) {
        answering->latest = header->message;
        sn_link_forget_answer(link, "the head has begun another message");
    }
    if (state == SN_FRAGMENT_BAD_BODY) {
        link->counts.rx_bad_crc++;
        sn_link_send_error(link, header->message, SN_ERR_PROTOCOL, "the message came with a wrong length or CRC");
        return;
    }
    if (state == SN_FRAGMENT_COMPLETE) {
        answering->state = SN_LINK_ANSWER_OWED;
        answering->message = header->message;
        sn_link_receive_message(link, &frames->reassembly.header, &frames->reassembly.body);
        /* An answer does for an ACK. Without one the ACK is due even if a late fragment that did not ask for it
         * has made the message complete: it saves the head a probe. */
        wants_ack = sn_link_repeats(link) && answering->state == SN_LINK_ANSWER_OWED;
    }
    frames->ack_due = frames->ack_due || wants_ack;
}

void sn_link_receive_request(sn_link *link, const sn_source *from, const sn_header *header, const uint8_t *frame,
                             size_t length) {
    bool wants_ack = sn_link_repeats(link) && (header->flags & SN_FLAG_ACK_REQUESTED) != 0;
    bool is_single = header->type == SN_FRAME_HELLO || header->type == SN_FRAME_ACK;
    bool is_fragment = header->type == SN_FRAME_DATA || header->type == SN_FRAME_ECHO;
    if ((header->flags & SN_FLAG_ANSWER) != 0 || (!is_single && !is_fragment)) {
        link->counts.rx_bad_frame++;
        return;
    }
    if (sn_link_repeats(link) && is_of_peer(link, header) &&
        sn_message_is_older(header->message, link->answering.latest)) {
        link->counts.rx_duplicate++; /* the head has gone on */
        return;
    }
    if (is_single) {
        receive_single(link, from->address, header, frame, length);
        return;
    }
    if (!is_of_peer(link, header)) {
        link->counts.rx_bad_frame++;
        if (wants_ack || (!sn_link_repeats(link) && header->index + 1 == header->count)) {
            sn_link_note_error(link, from->address, header, SN_ERR_EDGE_LOST,
                               "no HELLO of this session has come: open the link again");
        }
        return;
    }
    if (sn_link_is_keyed(link) && !sn_link_repeats(link)) {
        sn_link_note_session(link, header->session, header->message);
    }
    receive_fragment(link, from->address, header, frame, length, wants_ack);
}
