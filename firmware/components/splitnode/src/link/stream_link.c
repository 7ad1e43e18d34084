/* SPDX-License-Identifier: MIT */
/*
 * The stream of TCP. One frame is held at a time: what asks for an answer waits until the way out is free, and the
 * payload of a round trip is sent back from where it arrived.
 */
#include "link/internal.h"

#define SEND_PIECE 1440u /* offered to the link at once: one TCP segment */

/* Does the frame ask for an answer, for which the way out must be free? */
static bool needs_answer(const sn_link *link) {
    sn_bytes frame = sn_stream_frame(&link->stream.bytes);
    sn_header header;
    if (!sn_header_unpack(&header, frame.data, frame.length)) {
        return false;
    }
    return header.type == SN_FRAME_DATA || header.type == SN_FRAME_ECHO ||
           (header.type == SN_FRAME_HELLO && sn_link_is_tail(link));
}

/* Something has come that does not verify, and has been counted. Of a HELLO the other side is told so. */
static void refuse(sn_link *link, const sn_header *header, uint32_t length) {
    bool greets = header->type == SN_FRAME_HELLO && (header->flags & SN_FLAG_ANSWER) == 0;
    if (sn_link_is_tail(link) && !link->greeted && greets && header->count == 1) {
        sn_link_send_refusal(link, header, length);
    } else {
        sn_link_turn_away(link);
    }
}

/* The asking side's session is in every frame of a connection; HELLO names it. */
static bool is_of_session(sn_link *link, const sn_header *header) {
    if (sn_link_is_tail(link) && !link->greeted) {
        link->session = header->session;
    }
    return header->session == link->session;
}

/* Does the flag for the direction fit the type, and both this side? Either side may ask for an echo. */
static bool fits(const sn_link *link, const sn_header *header) {
    bool is_answer = (header->flags & SN_FLAG_ANSWER) != 0;
    switch ((sn_frame_type)header->type) {
    case SN_FRAME_HELLO:
        return is_answer != sn_link_is_tail(link);
    case SN_FRAME_DATA: /* at a head: its owner refuses it */
    case SN_FRAME_ECHO:
        return !is_answer;
    case SN_FRAME_RESULT:
    case SN_FRAME_ERROR:
    case SN_FRAME_ECHO_REPLY:
        return is_answer && !sn_link_is_tail(link);
    case SN_FRAME_ACK:
        break;
    }
    return false;
}

/* Is this no header of a whole message, of whatever type and flags? Then nobody knows where the next one begins. */
static bool is_out_of_step(const uint8_t *frame) {
    return sn_get_u16(&frame[0]) != SN_MAGIC || sn_get_u16(&frame[12]) != 0 || sn_get_u16(&frame[14]) != 1;
}

static void receive_frame(sn_link *link) {
    sn_bytes frame = sn_stream_frame(&link->stream.bytes);
    sn_header header = {0};
    bool is_readable = sn_header_unpack(&header, frame.data, frame.length);
    bool has_tag = (header.flags & SN_FLAG_AUTHENTICATED) != 0 && !is_out_of_step(frame.data);
    if (!sn_link_is_keyed(link) && is_readable && has_tag) {
        link->counts.rx_foreign++;
        refuse(link, &header, frame.length);
        return;
    }
    if (sn_link_is_keyed(link) && !is_readable) {
        link->counts.rx_foreign++;
        sn_link_turn_away(link);
        return;
    }
    if (sn_link_is_keyed(link)) {
        uint32_t length = frame.length;
        if (!sn_link_admit_message(link, &header, frame.data, &frame.length)) {
            refuse(link, &header, length);
            return;
        }
        link->counts.rx_bytes += SN_TAG_SIZE;
    }
    link->counts.rx_frames++;
    link->counts.rx_bytes += frame.length + SN_STREAM_LEAD - SN_HEADER_SIZE;
    if (is_out_of_step(frame.data)) {
        link->counts.rx_bad_frame++;
        sn_link_fail(link, SN_ERR_PROTOCOL, "what came over the connection is no message");
        return;
    }
    if (!is_readable) {
        link->counts.rx_bad_frame++;
        return;
    }
    sn_body body;
    if (!sn_body_open(&body, &frame.data[SN_HEADER_SIZE], frame.length - SN_HEADER_SIZE)) {
        link->counts.rx_bad_crc++;
        sn_link_fail(link, SN_ERR_PROTOCOL, "a message came with a wrong length or CRC");
        return;
    }
    if (!is_of_session(link, &header) || !fits(link, &header)) {
        link->counts.rx_bad_frame++;
        return;
    }
    if (header.type == SN_FRAME_DATA && link->state != SN_LINK_UP) {
        link->counts.rx_messages++;
        sn_link_send_error(link, header.message, SN_ERR_PROTOCOL, "DATA came before HELLO");
        return;
    }
    sn_link_receive_message(link, &header, &body);
}

void sn_link_receive_bytes(sn_link *link, const uint8_t *data, size_t length) {
    sn_link_stream *stream = &link->stream;
    while (length != 0 && sn_link_is_in_use(link)) {
        if (stream->frame_held) {
            sn_link_fail(link, SN_ERR_PROTOCOL, "the peer asks for more without taking what it has asked for");
            return;
        }
        size_t taken = 0;
        sn_stream_state state = sn_stream_push(&stream->bytes, data, length, &taken);
        data += taken;
        length -= taken;
        if (state == SN_STREAM_BAD && sn_link_is_keyed(link)) {
            link->counts.rx_foreign++;
            sn_link_turn_away(link);
            return;
        }
        if (state == SN_STREAM_BAD) {
            link->counts.rx_bad_frame++;
            sn_link_fail(link, SN_ERR_PROTOCOL, "the peer announces a frame that is too short or too long");
            return;
        }
        if (state == SN_STREAM_FRAME) {
            stream->frame_held = true;
            stream->frame_handled = !needs_answer(link);
            if (stream->frame_handled) {
                receive_frame(link);
            }
            sn_link_feed_stream(link);
        }
    }
}

/* Offers the link what it will take. True when the message has just gone out completely. */
static bool send_more(sn_link *link) {
    sn_link_sending *sending = &link->sending;
    uint32_t size = sn_message_stream_size(&sending->message);
    while (sending->offset < size) {
        uint8_t piece[SEND_PIECE];
        uint32_t length = sn_message_stream_read(&sending->message, sending->offset, piece, sizeof piece);
        int32_t taken = link->port->link_send(link->port->ctx, link->via, 0, piece, length);
        if (taken < 0) {
            return false; /* the port is about to report the end of the link; if not, the deadline is */
        }
        sending->offset += (uint32_t)taken < length ? (uint32_t)taken : length;
        if ((uint32_t)taken < length) {
            return false;
        }
    }
    link->counts.tx_frames++;
    link->counts.tx_bytes += size;
    link->cost.frames++;
    link->cost.wire += size;
    sending->active = false;
    return true;
}

void sn_link_feed_stream(sn_link *link) {
    sn_link_stream *stream = &link->stream;
    while (sn_link_is_in_use(link)) {
        bool is_reply = link->sending.active && link->sending.message.header.type == SN_FRAME_ECHO_REPLY;
        if (stream->frame_held && stream->frame_handled && !is_reply) {
            stream->frame_held = false;
            sn_stream_next(&stream->bytes);
        }
        if (link->sending.active) {
            if (!send_more(link)) {
                return;
            }
            sn_link_message_out(link);
            if (link->auth.ends_with_message) {
                sn_link_turn_away(link);
            }
        } else if (stream->frame_held) {
            stream->frame_handled = true;
            receive_frame(link);
        } else if (link->is_wanted) {
            link->is_wanted = false;
            link->events->writable(link->owner);
        } else {
            return;
        }
    }
}
