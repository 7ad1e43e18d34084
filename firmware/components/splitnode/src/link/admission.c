/* SPDX-License-Identifier: MIT */
/*
 * What is let in of what comes: where this side has been given a key, what somebody has made who has it too; without
 * one, what has no tag. What is not let in changes nothing here. A HELLO, which may come from an honest stranger, is
 * told so.
 */
#include "link/internal.h"

static bool has_tag(const sn_link *link, const sn_key *key, const sn_header *header, const uint8_t *frame,
                    size_t length) {
    uint32_t size = (uint32_t)length - SN_HEADER_SIZE;
    return sn_tag_verify(link->port, key, header, &frame[SN_HEADER_SIZE], &size);
}

static bool answers_hello(const sn_link *link, const sn_header *header) {
    return (header->type == SN_FRAME_HELLO || header->type == SN_FRAME_ERROR) && header->message == link->hello &&
           header->session == link->own_session && header->count == 1;
}

/* Does a stranger say that the two sides have no common key? Anybody can: it is believed once the HELLO has failed. */
static void hear_refusal(sn_link *link, const sn_header *header, const uint8_t *frame, size_t length) {
    sn_body body;
    bool is_refusal = header->flags == SN_FLAG_ANSWER && header->type == SN_FRAME_ERROR &&
                      answers_hello(link, header) &&
                      sn_body_open(&body, &frame[SN_HEADER_SIZE], (uint32_t)length - SN_HEADER_SIZE) &&
                      body.payload.length >= 2 && sn_get_u16(body.payload.data) == SN_ERR_AUTH;
    if (is_refusal && link->state == SN_LINK_GREETING && !sn_link_is_tail(link)) {
        link->auth.is_refused = true;
    }
}

typedef enum { FOREIGN, DEALT_WITH, ADMITTED } admission;

/* Has the answering side made a frame? Its header gets the session that stands in it as a check. */
static bool verifies_answer(const sn_link *link, sn_header *header, const uint8_t *frame, size_t length) {
    const uint8_t both = SN_FLAG_AUTHENTICATED | SN_FLAG_ANSWER;
    if ((header->flags & both) != both) {
        return false;
    }
    if (answers_hello(link, header)) {
        return has_tag(link, &link->auth.greeting, header, frame, length);
    }
    bool verifies = link->state == SN_LINK_UP &&
                    sn_check_verify(link->port, &link->auth.session, link->session, frame, (uint32_t)length);
    header->session = link->session;
    return verifies;
}

static admission admit_answer(sn_link *link, sn_header *header, const uint8_t *frame, size_t length) {
    if (verifies_answer(link, header, frame, length)) {
        return ADMITTED;
    }
    hear_refusal(link, header, frame, length);
    return FOREIGN;
}

bool sn_link_drop_foreign(sn_link *link, sn_via via, const uint8_t *frame, size_t length) {
    sn_header header;
    if (via != link->via || !sn_link_is_in_use(link) || !sn_link_is_keyed(link) || sn_link_is_tail(link) ||
        sn_link_has_stream(link)) {
        return false;
    }
    if (!sn_header_unpack(&header, frame, length)) {
        link->counts.rx_foreign++;
        return true;
    }
    if (verifies_answer(link, &header, frame, length)) {
        return false;
    }
    hear_refusal(link, &header, frame, length);
    link->counts.rx_foreign++;
    return true;
}

static admission admit_request(sn_link *link, uint64_t from, sn_header *header, const uint8_t *frame, size_t length) {
    bool has_flag = (header->flags & SN_FLAG_AUTHENTICATED) != 0;
    if ((header->flags & SN_FLAG_ANSWER) != 0) {
        return FOREIGN;
    }
    if (header->type == SN_FRAME_HELLO) {
        if (has_flag && header->count == 1 && has_tag(link, &link->auth.key, header, frame, length)) {
            bool begins = !sn_link_repeats(link) && !link->greeted; /* over BLE with its HELLO */
            return begins && sn_link_is_used_hello(link, header) ? FOREIGN : ADMITTED;
        }
        sn_link_note_refusal(link, from, header, length);
        return FOREIGN;
    }
    if (!has_flag) {
        return FOREIGN;
    }
    /* Answers go where the session has begun: whoever repeats its frames from elsewhere shall not get them. */
    if (link->greeted && from == link->answering.to &&
        sn_check_verify(link->port, &link->auth.session, link->session, frame, (uint32_t)length)) {
        header->session = link->session;
        return ADMITTED;
    }
    switch (sn_link_recognize(link, from, header, frame, length)) {
    case SN_LINK_RECOGNIZED:
        return ADMITTED;
    case SN_LINK_REFUSED:
        return DEALT_WITH;
    case SN_LINK_UNKNOWN:
        break;
    }
    return FOREIGN;
}

/* A side without a key has got a frame that has a tag. */
static void refuse_tagged(sn_link *link, uint64_t from, const sn_header *header, size_t length) {
    link->counts.rx_foreign++;
    if (sn_link_is_tail(link) && header->type == SN_FRAME_HELLO && (header->flags & SN_FLAG_ANSWER) == 0) {
        sn_link_note_refusal(link, from, header, length);
    }
}

bool sn_link_admit(sn_link *link, const sn_source *from, sn_header *header, const uint8_t *frame, size_t length) {
    admission verdict = FOREIGN;
    if (!sn_link_is_keyed(link)) {
        if (header == NULL || (header->flags & SN_FLAG_AUTHENTICATED) == 0) {
            return true;
        }
        refuse_tagged(link, from->address, header, length);
        return false;
    }
    if (header != NULL) {
        verdict = sn_link_is_tail(link) ? admit_request(link, from->address, header, frame, length)
                                        : admit_answer(link, header, frame, length);
    }
    link->counts.rx_foreign += verdict == FOREIGN;
    return verdict == ADMITTED;
}

/* The key that the next message of a stream is made with. */
static const sn_key *expected_key(const sn_link *link) {
    if (link->greeted) {
        return &link->auth.session;
    }
    return sn_link_is_tail(link) ? &link->auth.key : &link->auth.greeting;
}

bool sn_link_admit_message(sn_link *link, const sn_header *header, const uint8_t *frame, uint32_t *length) {
    bool is_tail = sn_link_is_tail(link);
    uint8_t right = (uint8_t)(SN_FLAG_AUTHENTICATED | (is_tail ? 0 : SN_FLAG_ANSWER));
    uint32_t size = *length - SN_HEADER_SIZE;
    bool is_of_session = is_tail && !link->greeted ? header->type == SN_FRAME_HELLO : header->session == link->session;
    if (header->count == 1 && is_of_session && (header->flags & (SN_FLAG_AUTHENTICATED | SN_FLAG_ANSWER)) == right &&
        sn_tag_verify(link->port, expected_key(link), header, &frame[SN_HEADER_SIZE], &size) &&
        (!is_tail || link->greeted || !sn_link_is_used_hello(link, header))) {
        if (is_tail) {
            sn_link_note_session(link, header->session, header->message);
        }
        *length = SN_HEADER_SIZE + size;
        return true;
    }
    hear_refusal(link, header, frame, *length);
    link->counts.rx_foreign++;
    return false;
}
