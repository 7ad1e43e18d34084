/* SPDX-License-Identifier: MIT */
/* What the files of this room do for each other, from the bottom up. */
#ifndef SPLITNODE_LINK_INTERNAL_H
#define SPLITNODE_LINK_INTERNAL_H

#include "link/link.h"

#define SN_LINK_FRAME_MOST 1472u /* of a datagram over UDP: what Ethernet's 1,500 bytes leave */
#define SN_LINK_HELLO_SIZE 16u
#define SN_LINK_NO_DEADLINE UINT64_MAX

static inline uint64_t sn_link_now(const sn_link *link) {
    return link->port->now_us(link->port->ctx);
}

static inline bool sn_link_is_tail(const sn_link *link) {
    return link->greeting.role == SN_ROLE_TAIL;
}

/* Do frames get lost on the way, so that they are acknowledged and sent again? */
static inline bool sn_link_repeats(const sn_link *link) {
    return link->via == SN_VIA_UDP || link->via == SN_VIA_ESPNOW;
}

static inline bool sn_link_is_in_use(const sn_link *link) {
    return link->state == SN_LINK_GREETING || link->state == SN_LINK_UP;
}

/* How many frames the message on its way out takes. */
static inline uint32_t sn_link_fragments(const sn_link *link) {
    return sn_message_fragments(&link->sending.message, link->frames.fragment_length);
}

static inline uint64_t sn_link_earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* connection.c: how it begins and ends, and what ends with it. */
/* The HELLO exchange is done. */
void sn_link_greet(sn_link *link);
/* Forgets what was on its way over the connection. */
void sn_link_reset(sn_link *link);
void sn_link_reset_frames(sn_link *link);
void sn_link_stop_asking(sn_link *link);
void sn_link_stop_answering(sn_link *link);
/* The connection is lost; `owed` is the code for those who were waiting for an answer. */
void sn_link_lose(sn_link *link, sn_error code, sn_error owed, const char *text);
/* Another head has greeted; the way in stays open, its driver as full as it was. */
void sn_link_lose_head(sn_link *link, const char *text);
/* Closes the connection and reports it, and whatever was owed over it. */
void sn_link_fail(sn_link *link, sn_error code, const char *text);

/* driver.c: the frames of a packet link. */
/* The largest frame that this side sends and accepts. */
uint32_t sn_link_frame_limit(const sn_link *link);
/* A connection begins. False if the link's frames are too small. */
bool sn_link_begin_frames(sn_link *link);
/* Sets the length of fragments by what both sides accept. False if that is too little. */
bool sn_link_agree(sn_link *link, uint32_t peer_limit);
/* Offers a fragment of the message on its way out; false if the driver is full. `again`: it had gone out before. */
bool sn_link_send_fragment(sn_link *link, uint64_t to, const sn_fragment_out *fragment, bool again);
/* An ACK of what is under reassembly, or a poll for it. False if the driver is full. */
bool sn_link_acknowledge(sn_link *link, bool is_poll);
/* An answer of one frame, sent once; it takes the place of an earlier one that has not gone out yet. */
void sn_link_note(sn_link *link, uint64_t to, const sn_header *request, sn_frame_type type, sn_bytes payload);
bool sn_link_send_note(sn_link *link);

/* sending.c, beside sn_link_send: the one message on its way out. */
/* The last byte has been handed to the link's driver. */
void sn_link_message_out(sn_link *link);

/* greeting.c: HELLO. */
uint32_t sn_link_make_hello(const sn_link *link, uint8_t payload[SN_LINK_HELLO_SIZE]); /* returns its length */
void sn_link_send_hello(sn_link *link, uint8_t flags, uint32_t id);
/* Role tail: what is wrong with the HELLO of a head. */
sn_error sn_link_check_hello(const sn_link *link, const sn_body *body, const char **why);
void sn_link_receive_hello(sn_link *link, const sn_header *header, const sn_body *body);

/* refusing.c, beside sn_link_send_error: ERROR. */
/* Answers one frame by ERROR in one frame. */
void sn_link_note_error(sn_link *link, uint64_t to, const sn_header *request, sn_error code, const char *text);
void sn_link_receive_error(sn_link *link, const sn_header *header, const sn_body *body);
/* The owner's message `id` will not be answered. */
void sn_link_tell_refused(sn_link *link, uint32_t id, const sn_reason *reason);
/* The peer, or the link's patience, refuses message `id`, which may be our HELLO. */
void sn_link_refused(sn_link *link, uint32_t id, const sn_reason *reason);

/* receiving.c: a message of the peer has come. */
void sn_link_receive_message(sn_link *link, const sn_header *header, const sn_body *body);

/* asking.c */
/* Sends what is due next; false if there is nothing or the driver is full. */
bool sn_link_ask(sn_link *link);
void sn_link_receive_answer(sn_link *link, const sn_header *header, const uint8_t *frame, size_t length);
uint64_t sn_link_asking_deadline(const sn_link *link);
/* False if it was too early. */
bool sn_link_asking_timer(sn_link *link, uint64_t now);

/* answering.c */
/* Sends what is due next; false if there is nothing or the driver is full. */
bool sn_link_answer(sn_link *link);
void sn_link_receive_request(sn_link *link, const sn_source *from, const sn_header *header, const uint8_t *frame,
                             size_t length);

/* stream_link.c, packet_link.c */
void sn_link_feed_stream(sn_link *link);
void sn_link_feed_driver(sn_link *link);

#endif
