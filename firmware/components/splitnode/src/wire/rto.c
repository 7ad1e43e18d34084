/* SPDX-License-Identifier: MIT */
#include "wire/rto.h"

#define CLOCK_GRANULARITY_US 1000u /* RFC 6298's G: the least that is added to SRTT */
#define LONGEST_ROUND_TRIP_US 60000000u

void sn_rto_init(sn_rto *rto) {
    *rto = (sn_rto){.timeout_us = SN_RTO_FIRST_US};
}

void sn_rto_measure(sn_rto *rto, uint64_t round_trip_us) {
    uint32_t r = round_trip_us < LONGEST_ROUND_TRIP_US ? (uint32_t)round_trip_us : LONGEST_ROUND_TRIP_US;
    if (rto->measured) {
        uint32_t off = rto->srtt_us > r ? rto->srtt_us - r : r - rto->srtt_us;
        rto->rttvar_us = (3 * rto->rttvar_us + off) / 4;
        rto->srtt_us = (7 * rto->srtt_us + r) / 8;
    } else {
        rto->measured = true;
        rto->srtt_us = r;
        rto->rttvar_us = r / 2;
    }
    uint32_t margin = 4 * rto->rttvar_us > CLOCK_GRANULARITY_US ? 4 * rto->rttvar_us : CLOCK_GRANULARITY_US;
    uint32_t timeout = rto->srtt_us + margin;
    timeout = timeout > SN_RTO_LEAST_US ? timeout : SN_RTO_LEAST_US;
    rto->timeout_us = timeout < SN_RTO_MOST_US ? timeout : SN_RTO_MOST_US;
}

void sn_rto_restart(sn_rto *rto, uint64_t now) {
    rto->since_us = now;
}

void sn_rto_news(sn_rto *rto, uint64_t now) {
    rto->expiries = 0;
    rto->since_us = now;
}

uint64_t sn_rto_deadline(const sn_rto *rto) {
    uint64_t doubled = (uint64_t)rto->timeout_us << rto->expiries;
    return rto->since_us + (doubled < SN_RTO_MOST_US ? doubled : SN_RTO_MOST_US);
}

bool sn_rto_expire(sn_rto *rto, uint64_t now) {
    rto->since_us = now;
    if (rto->expiries < SN_RTO_EXPIRIES) {
        rto->expiries++;
    }
    return rto->expiries < SN_RTO_EXPIRIES;
}
