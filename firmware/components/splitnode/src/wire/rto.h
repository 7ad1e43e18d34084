/* SPDX-License-Identifier: MIT */
/*
 * The retransmission timer towards one peer (docs/protocol.md, section 1.5): RFC 6298 with the constants of that
 * section, in whole microseconds, every division rounding down. It outlives messages, as does what it has measured.
 */
#ifndef SPLITNODE_RTO_H
#define SPLITNODE_RTO_H

#include <stdbool.h>
#include <stdint.h>

#define SN_RTO_FIRST_US 250000u
#define SN_RTO_LEAST_US 10000u
#define SN_RTO_MOST_US 500000u
#define SN_RTO_EXPIRIES 20u

typedef struct {
    bool measured;
    uint32_t srtt_us;
    uint32_t rttvar_us;
    uint32_t timeout_us; /* before any doubling */
    uint32_t expiries;   /* in a row without news */
    uint64_t since_us;   /* the last transmission or news */
} sn_rto;

/* Nothing is known of the peer yet. */
void sn_rto_init(sn_rto *rto);

/* A round trip was measured. */
void sn_rto_measure(sn_rto *rto, uint64_t round_trip_us);

/* Something was transmitted: the timer runs anew, doubled as often as before. */
void sn_rto_restart(sn_rto *rto, uint64_t now);

/* A message begins, or the peer has said something new: the timer runs anew and undoubled. */
void sn_rto_news(sn_rto *rto, uint64_t now);

/* When it expires. */
uint64_t sn_rto_deadline(const sn_rto *rto);

/* It has expired and runs anew, doubled. False if that was the 20th time without news: the message has failed. */
bool sn_rto_expire(sn_rto *rto, uint64_t now);

#endif
