/* SPDX-License-Identifier: MIT */
/* Role head's request on a packet link: until its answer is complete, over BLE without ACKs and timers. */
#include "link/internal.h"

/* Over BLE: one fragment after the other. */
static bool send_in_order(sn_link *link) {
    sn_link_asking *asking = &link->asking;
    bool is_hello = asking->message != asking->reached_message;
    bool again = !is_hello && asking->next < asking->reached;
    if (!link->sending.active || !sn_link_send_fragment(link, 0, &(sn_fragment_out){.index = asking->next}, again)) {
        return false;
    }
    asking->next++;
    if (!is_hello && !again) {
        asking->reached = asking->next;
        asking->give_up_at = sn_link_now(link) + SN_LINK_PATIENCE_US;
    }
    if (asking->next == sn_link_fragments(link)) {
        link->sending.active = false;
        sn_link_message_out(link);
    }
    return true;
}

bool sn_link_ask(sn_link *link) {
    sn_link_asking *asking = &link->asking;
    sn_exchange_out out;
    if (!asking->active) {
        return false;
    }
    if (!sn_link_repeats(link)) {
        return send_in_order(link);
    }
    if (!sn_exchange_next(&asking->exchange, &out)) {
        return false;
    }
    if (out.what == SN_OUT_POLL) {
        if (!sn_link_acknowledge(link, true)) {
            return false;
        }
        sn_exchange_transmitted(&asking->exchange, &out, sn_link_now(link));
        return true;
    }
    bool again = out.fragment.index < asking->exchange.sender.next;
    if (!sn_link_send_fragment(link, 0, &out.fragment, again)) {
        return false;
    }
    sn_exchange_transmitted(&asking->exchange, &out, sn_link_now(link));
    if (asking->exchange.sender.next == asking->exchange.sender.count) {
        sn_link_message_out(link);
    }
    return true;
}

static void receive_ack(sn_link *link, const sn_header *header, const uint8_t *frame, size_t length) {
    sn_body body;
    sn_ack ack;
    if (!sn_link_take_tag(link, header, frame, &length)) {
        return;
    }
    if (!sn_link_repeats(link) || header->count != 1) {
        link->counts.rx_bad_frame++;
    } else if (!sn_body_open(&body, &frame[SN_HEADER_SIZE], (uint32_t)length - SN_HEADER_SIZE)) {
        link->counts.rx_bad_crc++;
    } else if (!sn_ack_unpack(&ack, body.payload)) {
        link->counts.rx_bad_frame++;
    } else if (link->asking.active && header->message == link->asking.message) {
        sn_exchange_on_ack(&link->asking.exchange, &ack, sn_link_now(link));
    }
}

/* Can a frame of this type answer what was asked? */
static bool answers(const sn_link *link, uint8_t type) {
    switch ((sn_frame_type)link->sending.message.header.type) {
    case SN_FRAME_HELLO:
        return type == SN_FRAME_HELLO || type == SN_FRAME_ERROR;
    case SN_FRAME_DATA: /* RESULT only to all of it */
        return (type == SN_FRAME_RESULT && !link->asking.is_going_out) || type == SN_FRAME_ERROR;
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

static void refuse(sn_link *link, uint32_t message, sn_error code, const char *text) {
    sn_reason reason;
    sn_reason_set(&reason, code, text);
    if (message == link->asking.message) {
        sn_link_stop_asking(link);
    }
    sn_link_refused(link, message, &reason);
}

/* With a key: does it answer HELLO, so that the key of an ACK comes with it? */
static bool is_first(const sn_link *link) {
    return sn_link_is_keyed(link) && link->state == SN_LINK_GREETING;
}

/* A new fragment of the answer has come. Whether the message is sound shows when all is here, and changes nothing of
 * what its frames tell of the way. */
static void take(sn_link *link, const sn_header *header, sn_fragment_state state) {
    sn_link_frames *frames = &link->frames;
    bool at_once = header->type == SN_FRAME_HELLO || header->type == SN_FRAME_ECHO_REPLY;
    if (sn_link_repeats(link)) {
        sn_exchange_on_fragment(&link->asking.exchange, at_once, sn_link_now(link));
    }
    if (state == SN_FRAGMENT_MORE) {
        return;
    }
    if (frames->ack_due && !frames->is_full && !is_first(link)) {
        (void)sn_link_acknowledge(link, false); /* before anything that takes time */
    }
    if (state == SN_FRAGMENT_BAD_BODY) {
        link->counts.rx_bad_crc++;
        refuse(link, link->asking.message, SN_ERR_PROTOCOL, "the peer's answer came with a wrong length or CRC");
        return;
    }
    sn_link_stop_asking(link);
    sn_link_receive_message(link, &frames->reassembly.header, &frames->reassembly.body);
}

void sn_link_receive_answer(sn_link *link, const sn_header *header, const uint8_t *frame, size_t length) {
    sn_link_asking *asking = &link->asking;
    sn_link_frames *frames = &link->frames;
    bool is_present = asking->active && header->message == asking->message;
    bool wants_ack = sn_link_repeats(link) && (header->flags & SN_FLAG_ACK_REQUESTED) != 0;
    if ((header->flags & SN_FLAG_ANSWER) == 0 || header->session != link->own_session) {
        link->counts.rx_bad_frame++;
        return;
    }
    if (header->type == SN_FRAME_ACK) {
        receive_ack(link, header, frame, length);
        return;
    }
    if (!is_present) { /* late; the sender may still want to know that it has come */
        link->counts.rx_duplicate++;
        frames->ack_due = frames->ack_due || (wants_ack && sn_reassembly_is_of(&frames->reassembly, header));
        return;
    }
    if (!answers(link, header->type)) {
        link->counts.rx_bad_frame++;
        return;
    }
    sn_fragment_state state = sn_link_reassemble(link, header, frame, length);
    if (state == SN_FRAGMENT_FOREIGN) {
        link->counts.rx_foreign++;
        return;
    }
    if (state == SN_FRAGMENT_BAD) {
        link->counts.rx_bad_frame++;
        return;
    }
    if (state == SN_FRAGMENT_TOO_LARGE) {
        link->counts.rx_bad_frame++;
        refuse(link, asking->message, SN_ERR_PROTOCOL,
               "the peer's answer is larger than the board's memory for messages");
        return;
    }
    frames->ack_due = frames->ack_due || wants_ack;
    link->counts.rx_duplicate += state == SN_FRAGMENT_DUPLICATE;
    if (state != SN_FRAGMENT_DUPLICATE) {
        take(link, header, state);
    }
}

/* Over BLE: is part of a message still to go out, over this connection or the next? */
static bool is_going_out(const sn_link *link) {
    return link->via == SN_VIA_BLE && link->asking.is_going_out;
}

uint64_t sn_link_asking_deadline(const sn_link *link) {
    if (is_going_out(link)) {
        return link->asking.give_up_at;
    }
    return link->asking.active && sn_link_repeats(link) ? sn_exchange_deadline(&link->asking.exchange)
                                                        : SN_LINK_NO_DEADLINE;
}

bool sn_link_asking_timer(sn_link *link, uint64_t now) {
    sn_link_asking *asking = &link->asking;
    if (now < sn_link_asking_deadline(link)) {
        return false;
    }
    if (is_going_out(link)) {
        refuse(link, asking->reached_message, SN_ERR_EDGE_TIMEOUT, "the message could not be sent within 10 s");
        return false;
    }
    sn_exchange_on_timer(&asking->exchange, now);
    if (asking->exchange.state == SN_EXCHANGE_FAILED) {
        refuse(link, asking->message, SN_ERR_EDGE_TIMEOUT,
               "the peer does not answer, neither at once nor when asked again");
    }
    return true;
}
