/* SPDX-License-Identifier: MIT */
/* The one message on its way out. */
#include "link/internal.h"

static void begin_request(sn_link *link) {
    sn_link_asking *asking = &link->asking;
    sn_link_frames *frames = &link->frames;
    asking->active = true;
    asking->message = link->sending.message.header.message;
    asking->next = 0;
    frames->ack_due = false;
    if (link->sending.message.header.type != SN_FRAME_HELLO && asking->message != asking->reached_message) {
        asking->reached_message = asking->message;
        asking->reached = 0;
        asking->is_going_out = true;
        asking->give_up_at = sn_link_now(link) + SN_LINK_PATIENCE_US;
    }
    sn_reassembly_init(&frames->reassembly, link->memory, link->capacity, frames->bitmap, sizeof frames->bitmap,
                       frames->fragment_length);
    if (sn_link_is_keyed(link)) { /* what answers HELLO is of one frame, and verified by itself */
        bool is_hello = link->sending.message.header.type == SN_FRAME_HELLO;
        sn_reassembly_expect_tags(&frames->reassembly, link->port, is_hello ? NULL : &link->auth.session);
    }
    sn_exchange_begin(&asking->exchange, &asking->rto, sn_link_fragments(link), sn_link_now(link));
}

static void begin_answer(sn_link *link) {
    sn_link_answering *answering = &link->answering;
    answering->state = SN_LINK_ANSWER_KNOWN;
    answering->next = 0;
    sn_sender_init(&answering->sender, SN_SEND_ANSWER, sn_link_fragments(link));
    if (link->state != SN_LINK_UP) {
        link->sending.active = false; /* the head will ask again */
    }
}

/* Makes the message. */
static void put_together(sn_link *link, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first,
                         sn_bytes second) {
    sn_link_sending *sending = &link->sending;
    bool is_echo = type == SN_FRAME_ECHO || type == SN_FRAME_ECHO_REPLY;
    bool is_answer = (flags & SN_FLAG_ANSWER) != 0;
    uint32_t session = is_answer ? link->session : link->own_session;
    sn_header header = {.type = (uint8_t)type, .flags = flags, .session = session, .message = id};
    sn_message_init(&sending->message, &header, is_echo ? 0 : link->greeting.model_id, first, second);
    sending->active = true;
    sending->is_out = false;
}

static void begin(sn_link *link) {
    sn_link_sending *sending = &link->sending;
    if (sn_link_has_stream(link)) {
        sending->offset = 0;
        sending->deadline = sn_link_now(link) + SN_LINK_PATIENCE_US;
    } else if ((sending->message.header.flags & SN_FLAG_ANSWER) != 0) {
        begin_answer(link);
    } else {
        begin_request(link);
    }
}

void sn_link_send_plainly(sn_link *link, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first,
                          sn_bytes second) {
    put_together(link, type, flags, id, first, second);
    begin(link);
}

void sn_link_send(sn_link *link, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first, sn_bytes second) {
    put_together(link, type, flags | link->auth.flag, id, first, second);
    if (sn_link_is_keyed(link)) {
        sn_link_tag(link);
    }
    begin(link);
}

/* The messages of which the owner hears that they are out: what it asks, and results. */
#define REPORTED (1u << SN_FRAME_DATA | 1u << SN_FRAME_RESULT | 1u << SN_FRAME_ECHO)

void sn_link_message_out(sn_link *link) {
    if (link->sending.is_out) {
        return; /* it goes out once more */
    }
    link->sending.is_out = true;
    link->counts.tx_messages++;
    const sn_header *header = &link->sending.message.header;
    if ((REPORTED >> header->type & 1u) != 0) {
        link->asking.is_going_out = false;
        link->events->sent(link->owner, header->message, NULL);
    }
}
