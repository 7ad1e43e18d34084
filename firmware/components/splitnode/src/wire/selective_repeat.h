/* SPDX-License-Identifier: MIT */
/*
 * The sender of one message over a link that loses, doubles and reorders (docs/protocol.md, section 1.5): which
 * fragment goes out next, which are lost, which need not be sent again. Requests and answers alike; it has no timers.
 *
 *     sn_fragment_out out;
 *     while (sn_sender_next(&sender, &out)) {
 *         (write the frame of fragment out.index, with SN_FLAG_ACK_REQUESTED if out.ack_requested)
 *         if (the link took nothing) break;      call again when it is writable
 *         sn_sender_transmitted(&sender, &out, now);
 *     }
 */
#ifndef SPLITNODE_SELECTIVE_REPEAT_H
#define SPLITNODE_SELECTIVE_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/ack.h"

#define SN_WINDOW 32u       /* fragments on the way, from the lowest that is not acknowledged */
#define SN_ACK_EVERY 8u     /* fragments */
#define SN_REORDER_BOUND 3u /* so many transmissions later, one acknowledged shows that a silent one is lost */

typedef enum {
    SN_SEND_REQUEST,
    SN_SEND_ANSWER, /* its last fragment never asks for an ACK */
} sn_sender_kind;

typedef struct {
    uint32_t index;
    bool ack_requested;
} sn_fragment_out;

/* The latest transmission of one fragment. */
typedef struct {
    uint64_t sent_us;
    uint32_t transmission; /* its running number, from 1 */
    bool ack_requested;
    bool is_probe;
    bool again; /* not the first of its fragment */
    bool acknowledged;
    enum { SN_DUE_NOT, SN_DUE_LOST, SN_DUE_PROBE } due; /* the fragment is to be sent again, and why */
} sn_transmission;

typedef struct {
    sn_sender_kind kind;
    uint32_t count;
    uint32_t base;          /* lowest fragment that is not acknowledged */
    uint32_t next;          /* lowest fragment that was never sent */
    uint32_t transmissions; /* so far */
    uint32_t resent;        /* of these, fragments that had been sent before */
    uint32_t newest_acknowledged;
    uint32_t probe_acknowledged;
    sn_transmission sent[SN_WINDOW]; /* of fragments base to next - 1, at index mod SN_WINDOW */
} sn_sender;

/* A message of `count` fragments, 1 to 65,535. */
void sn_sender_init(sn_sender *sender, sn_sender_kind kind, uint32_t count);

/* What goes out now; false if nothing. Changes nothing: it says the same again until sn_sender_transmitted or an ACK.
 */
bool sn_sender_next(const sn_sender *sender, sn_fragment_out *out);

/* The link has taken what sn_sender_next said last. */
void sn_sender_transmitted(sn_sender *sender, const sn_fragment_out *out, uint64_t now);

typedef struct {
    bool news;     /* something was acknowledged that had not been */
    bool measured; /* a round trip: */
    uint64_t round_trip_us;
} sn_ack_effect;

/* An ACK of this message has come; what it shows to be lost is now due again. */
sn_ack_effect sn_sender_on_ack(sn_sender *sender, const sn_ack *ack, uint64_t now);

/* An answer's sender is polled: all that was sent and that neither the poll nor an ACK before it has is due again. */
void sn_sender_on_poll(sn_sender *sender, const sn_ack *poll, uint64_t now);

/* The timer has expired: the fragment transmitted last of those not acknowledged is due again, asking for an ACK. Does
 * nothing while something else waits to be sent, or nothing is unacknowledged. */
void sn_sender_probe(sn_sender *sender);

/* A request's answer has come, which acknowledges all of it. The round trip counts only if the answer came at once. */
sn_ack_effect sn_sender_on_answer(sn_sender *sender, uint64_t now);

static inline bool sn_sender_all_acknowledged(const sn_sender *sender) {
    return sender->base == sender->count;
}

#endif
