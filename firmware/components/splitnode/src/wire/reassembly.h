/* SPDX-License-Identifier: MIT */
/*
 * One message of a packet link, put together from fragments that arrive in any order, some of them twice.
 * The memory is the caller's: a buffer for the body and one bit for each fragment.
 */
#ifndef SPLITNODE_REASSEMBLY_H
#define SPLITNODE_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ack.h"
#include "wire/frame.h"
#include "wire/message.h"

typedef enum {
    SN_FRAGMENT_MORE,      /* taken; others are missing */
    SN_FRAGMENT_COMPLETE,  /* taken; the message is complete and sound */
    SN_FRAGMENT_DUPLICATE, /* known already, or of a message before the present one */
    SN_FRAGMENT_BAD,       /* not a fragment of this link, or one that contradicts the others; dropped */
    SN_FRAGMENT_BAD_BODY,  /* the last one missing, but length or CRC of the whole are wrong; else as COMPLETE */
    SN_FRAGMENT_TOO_LARGE, /* the message does not fit; dropped */
    SN_FRAGMENT_FOREIGN,   /* the last one missing, but the tag of the whole is wrong: the message is forgotten */
} sn_fragment_state;

typedef struct {
    uint8_t *buffer;
    uint32_t capacity;
    uint8_t *bitmap;
    uint32_t bitmap_bits;
    uint32_t fragment_length;
    const sn_port *port; /* which makes tags; NULL where messages have none */
    const sn_key *key;   /* of their tags; NULL where each has been verified already */

    bool active;      /* `header` names the present message */
    sn_header header; /* of its first fragment, without SN_FLAG_ACK_REQUESTED */
    uint32_t received;
    uint32_t base;        /* every fragment below it is here */
    uint32_t last_length; /* of the last fragment, once it is here */
    sn_body body;         /* once complete */
} sn_reassembly;

/* `bitmap` holds `bitmap_size` bytes: 8 KB serve any message. */
void sn_reassembly_init(sn_reassembly *reassembly, uint8_t *buffer, uint32_t capacity, uint8_t *bitmap,
                        uint32_t bitmap_size, uint32_t fragment_length);

/* Messages have tags from now on, made with `key`, which outlives the reassembly; or, being of one frame each, verified
 * by who pushes them (NULL). */
void sn_reassembly_expect_tags(sn_reassembly *reassembly, const sn_port *port, const sn_key *key);

/* A fragment of a newer message makes it forget the present one. Within a session a higher message id is newer; another
 * session always is, so the caller keeps out what no session of its own has to do with. */
sn_fragment_state sn_reassembly_push(sn_reassembly *reassembly, const uint8_t *frame, size_t length);
/* The same of a frame whose header has been taken apart, and what it carries. */
sn_fragment_state sn_reassembly_take(sn_reassembly *reassembly, const sn_header *header, const uint8_t *piece,
                                     size_t length);

/* Is this header one of the present message's, complete or not? Then sn_reassembly_ack speaks of it. */
bool sn_reassembly_is_of(const sn_reassembly *reassembly, const sn_header *header);

/* What has come of the present message; nothing (base 0, window 0) if there is none. */
sn_ack sn_reassembly_ack(const sn_reassembly *reassembly);

/* There is no present message any more, so that any may come next, also an older one (section 1.6: the whole message
 * again after a new HELLO). */
void sn_reassembly_forget(sn_reassembly *reassembly);

#endif
