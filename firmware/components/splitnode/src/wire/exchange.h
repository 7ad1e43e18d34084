/* SPDX-License-Identifier: MIT */
/*
 * The asking side of one exchange over UDP or ESP-NOW, a request and its answer: what goes out when, and the timers
 * (docs/protocol.md, section 1.5). It has neither frames nor a clock; the answer's fragments are the reassembly's.
 *
 *     sn_exchange_begin(&exchange, &rto_of_the_peer, sn_message_fragments(...), now);
 *     on every event, then until it has nothing more or the link takes nothing:
 *         sn_exchange_next(&exchange, &out); send the frame; sn_exchange_transmitted(&exchange, &out, now);
 *     and wake up again at sn_exchange_deadline(&exchange) for sn_exchange_on_timer.
 *
 * Which answers come at once, so that they measure a round trip: HELLO and ECHO_REPLY.
 */
#ifndef SPLITNODE_EXCHANGE_H
#define SPLITNODE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/rto.h"
#include "wire/selective_repeat.h"

#define SN_EXCHANGE_PATIENCE_US 10000000u /* after the last fragment was first sent */
#define SN_POLL_FIRST_US 40000u
#define SN_POLL_MOST_US 640000u

typedef enum {
    SN_EXCHANGE_SENDING, /* the request, or waiting for its ACKs */
    SN_EXCHANGE_WAITING, /* the request is acknowledged, nothing of the answer has come */
    SN_EXCHANGE_COMING,  /* some of the answer has */
    SN_EXCHANGE_DONE,
    SN_EXCHANGE_FAILED, /* edge_timeout */
} sn_exchange_state;

typedef struct {
    sn_exchange_state state;
    sn_sender sender; /* of the request */
    sn_rto *rto;
    bool poll_due;
    uint32_t polls; /* so far */
    uint32_t poll_wait_us;
    uint64_t poll_at;
    uint64_t give_up_at;
} sn_exchange;

typedef struct {
    enum { SN_OUT_FRAGMENT, SN_OUT_POLL } what;
    sn_fragment_out fragment; /* of the request */
} sn_exchange_out;

/* A request of `count` fragments. The timer is the peer's and must outlive the exchange. */
void sn_exchange_begin(sn_exchange *exchange, sn_rto *rto, uint32_t count, uint64_t now);

/* What goes out now, false if nothing: a fragment of the request, or a poll, which is an ACK of the answer (base 0 and
 * window 0 if nothing of it has come) with SN_FLAG_ACK_REQUESTED. Changes nothing. */
bool sn_exchange_next(const sn_exchange *exchange, sn_exchange_out *out);
/* The link has taken what sn_exchange_next said last. */
void sn_exchange_transmitted(sn_exchange *exchange, const sn_exchange_out *out, uint64_t now);

/* An ACK of the request has come: SN_FLAG_ANSWER set, and this session and message. */
void sn_exchange_on_ack(sn_exchange *exchange, const sn_ack *ack, uint64_t now);
/* A fragment of the answer has come that was not known before. */
void sn_exchange_on_fragment(sn_exchange *exchange, bool answer_comes_at_once, uint64_t now);
/* The answer is complete, or nobody wants it any more. */
void sn_exchange_end(sn_exchange *exchange);

/* Too early it does nothing. */
void sn_exchange_on_timer(sn_exchange *exchange, uint64_t now);
/* When to call sn_exchange_on_timer next; UINT64_MAX once it has ended. While something waits for a link that is full,
 * only the end of all patience is left. */
uint64_t sn_exchange_deadline(const sn_exchange *exchange);

#endif
