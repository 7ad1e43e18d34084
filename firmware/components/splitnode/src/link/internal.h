/* SPDX-License-Identifier: MIT */
/* What the files of this room do for each other, from the bottom up. */
#ifndef SPLITNODE_LINK_INTERNAL_H
#define SPLITNODE_LINK_INTERNAL_H

#include "link/link.h"

#define SN_LINK_FRAME_MOST 1472u /* of a datagram over UDP: what Ethernet's 1,500 bytes leave */
#define SN_LINK_HELLO_SIZE 16u
#define SN_LINK_HELLO_MOST (SN_LINK_HELLO_SIZE + SN_NONCE_SIZE)
#define SN_LINK_HELLO_FRAME (SN_HEADER_SIZE + SN_BODY_OVERHEAD + SN_LINK_HELLO_MOST + SN_TAG_SIZE) /* with a nonce */
#define SN_LINK_NO_DEADLINE UINT64_MAX
#define SN_LINK_NO_COMMON_KEY "the two sides have not been given the same key: give it to both, or to neither"

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
/* Has the port open the link, or listen. */
sn_error sn_link_start(sn_link *link, sn_via via, sn_reason *why);
/* Ends a stream over which something has come that does not verify. A tail goes on listening, and nobody hears of a
 * connection that was never up. */
void sn_link_turn_away(sn_link *link);

/* keys.c: the keys of a connection. */
/* A connection begins: role head makes a nonce for it, role tail forgets who has greeted. */
void sn_link_begin_keys(sn_link *link);
/* The answering side's nonce is known: all that follows HELLO has its key. */
void sn_link_agree_key(sn_link *link, const sn_key *key);
/* Gives the message on its way out its tag. */
void sn_link_tag(sn_link *link);
/* Gives it the tag of the present connection, if it has another's: over BLE the same message goes out once more. */
void sn_link_tag_anew(sn_link *link);
/* What a frame is answered with that has been let in; NULL without a key. */
const sn_key *sn_link_answer_key(const sn_link *link, const sn_header *request);
/* Over TCP and BLE: a message of a session has come, */
void sn_link_note_session(sn_link *link, uint32_t session, uint32_t message);
/* and so this HELLO has opened a connection before, or is older than one that has. */
bool sn_link_is_used_hello(const sn_link *link, const sn_header *hello);
/* Takes the tag off a frame that is a whole message and has been let in. False if it is wrong, which has been counted.
 */
bool sn_link_take_tag(sn_link *link, const sn_header *header, const uint8_t *frame, size_t *length);

/* admission.c */
/* Is a frame of a packet link to be looked at? With a key it verifies then, and `header` has the session that its
 * sender means. `header` is NULL where there is none that can be read. */
bool sn_link_admit(sn_link *link, const sn_source *from, sn_header *header, const uint8_t *frame, size_t length);
/* The same of a frame of the stream; `length` becomes what it is without its tag. */
bool sn_link_admit_message(sn_link *link, const sn_header *header, const uint8_t *frame, uint32_t *length);

/* heads.c: role tail on a packet link, the heads that greet it. */
void sn_link_receive_head(sn_link *link, uint64_t from, const sn_header *header, const sn_body *body);
/* Is this frame the first of a session that has been greeted? Then the session has begun, or the head has been told
 * that it cannot. */
typedef enum { SN_LINK_UNKNOWN, SN_LINK_REFUSED, SN_LINK_RECOGNIZED } sn_link_recognition;
sn_link_recognition sn_link_recognize(sn_link *link, uint64_t from, sn_header *header, const uint8_t *frame,
                                      size_t length);
/* Nobody wants the answer any more to what came last; tells the owner if it has not given it yet. */
void sn_link_forget_answer(sn_link *link, const char *text);

/* driver.c: the frames of a packet link. */
/* The largest frame that this side sends and accepts. */
uint32_t sn_link_frame_limit(const sn_link *link);
/* A connection begins. False if the link's frames are too small. */
bool sn_link_begin_frames(sn_link *link);
/* The length of fragments by what both sides accept, 0 if that is too little. */
uint32_t sn_link_agreed(const sn_link *link, uint32_t peer_limit);
/* Sets it. False if it is too little. */
bool sn_link_agree(sn_link *link, uint32_t peer_limit);
/* Offers a fragment of the message on its way out; false if the driver is full. `again`: it had gone out before. */
bool sn_link_send_fragment(sn_link *link, uint64_t to, const sn_fragment_out *fragment, bool again);
/* An ACK of what is under reassembly, or a poll for it. False if the driver is full. */
bool sn_link_acknowledge(sn_link *link, bool is_poll);
/* An answer of one frame, sent once; it takes the place of an earlier one that has not gone out yet. `key` is that of
 * its tag, NULL for none. */
void sn_link_note(sn_link *link, uint64_t to, const sn_header *request, sn_frame_type type, sn_bytes payload,
                  const sn_key *key);
bool sn_link_send_note(sn_link *link);

/* sending.c, beside sn_link_send: the one message on its way out. */
/* The same without a tag, whatever this side has been given. */
void sn_link_send_plainly(sn_link *link, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first,
                          sn_bytes second);
/* The last byte has been handed to the link's driver. */
void sn_link_message_out(sn_link *link);

/* greeting.c: HELLO. */
/* Returns its length. `nonce` is this side's. */
uint32_t sn_link_make_hello(const sn_link *link, const sn_nonce *nonce, uint8_t payload[SN_LINK_HELLO_MOST]);
void sn_link_send_hello(sn_link *link, uint8_t flags, uint32_t id, const sn_nonce *nonce);
/* Role tail: what is wrong with the HELLO of a head. */
sn_error sn_link_check_hello(const sn_link *link, const sn_body *body, const char **why);
void sn_link_receive_hello(sn_link *link, const sn_header *header, const sn_body *body);

/* refusing.c, beside sn_link_send_error: ERROR. */
/* Over a stream, to a HELLO that does not verify: ERROR `auth` without a tag, no longer than that was. */
void sn_link_send_refusal(sn_link *link, const sn_header *request, uint32_t length);
/* The same on a packet link, to one stranger a second. */
void sn_link_note_refusal(sn_link *link, uint64_t to, const sn_header *request, size_t length);
/* Answers one frame by ERROR in one frame, made with the key that sn_link_answer_key says, or with another. */
void sn_link_note_error(sn_link *link, uint64_t to, const sn_header *request, sn_error code, const char *text);
void sn_link_note_error_with(sn_link *link, uint64_t to, const sn_header *request, sn_error code, const char *text,
                             const sn_key *key);
void sn_link_receive_error(sn_link *link, const sn_header *header, const sn_body *body);
/* The peer, or the link's patience, refuses message `id`, which may be our HELLO. */
void sn_link_refused(sn_link *link, uint32_t id, const sn_reason *reason);

/* receiving.c */
/* A fragment has been let in. */
sn_fragment_state sn_link_reassemble(sn_link *link, const sn_header *header, const uint8_t *frame, size_t length);
/* A message of the peer has come. */
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
