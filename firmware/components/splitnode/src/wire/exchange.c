/* SPDX-License-Identifier: MIT */
#include "wire/exchange.h"

static bool has_ended(const sn_exchange *exchange) {
    return exchange->state == SN_EXCHANGE_DONE || exchange->state == SN_EXCHANGE_FAILED;
}

void sn_exchange_begin(sn_exchange *exchange, sn_rto *rto, uint32_t count, uint64_t now) {
    *exchange = (sn_exchange){.rto = rto, .give_up_at = now + SN_EXCHANGE_PATIENCE_US};
    sn_sender_init(&exchange->sender, SN_SEND_REQUEST, count);
    sn_rto_news(rto, now);
}

bool sn_exchange_next(const sn_exchange *exchange, sn_exchange_out *out) {
    if (has_ended(exchange)) {
        return false;
    }
    out->what = exchange->poll_due ? SN_OUT_POLL : SN_OUT_FRAGMENT;
    return exchange->poll_due || sn_sender_next(&exchange->sender, &out->fragment);
}

void sn_exchange_transmitted(sn_exchange *exchange, const sn_exchange_out *out, uint64_t now) {
    sn_rto_restart(exchange->rto, now);
    if (out->what == SN_OUT_POLL) {
        exchange->poll_due = false;
        exchange->polls++;
        exchange->poll_wait_us *= 2;
        if (exchange->poll_wait_us > SN_POLL_MOST_US) {
            exchange->poll_wait_us = SN_POLL_MOST_US;
        }
        exchange->poll_at = now + exchange->poll_wait_us;
        return;
    }
    if (out->fragment.index == exchange->sender.next) {
        exchange->give_up_at = now + SN_EXCHANGE_PATIENCE_US;
    }
    sn_sender_transmitted(&exchange->sender, &out->fragment, now);
}

void sn_exchange_on_ack(sn_exchange *exchange, const sn_ack *ack, uint64_t now) {
    if (exchange->state != SN_EXCHANGE_SENDING) {
        return;
    }
    sn_ack_effect effect = sn_sender_on_ack(&exchange->sender, ack, now);
    if (effect.measured) {
        sn_rto_measure(exchange->rto, effect.round_trip_us);
    }
    if (effect.news) {
        sn_rto_news(exchange->rto, now);
    }
    if (sn_sender_all_acknowledged(&exchange->sender)) {
        exchange->state = SN_EXCHANGE_WAITING;
        exchange->poll_wait_us = SN_POLL_FIRST_US;
        exchange->poll_at = now + SN_POLL_FIRST_US;
    }
}

void sn_exchange_on_fragment(sn_exchange *exchange, bool answer_comes_at_once, uint64_t now) {
    if (has_ended(exchange)) {
        return;
    }
    if (exchange->state == SN_EXCHANGE_SENDING) {
        sn_ack_effect effect = sn_sender_on_answer(&exchange->sender, now);
        if (effect.measured && answer_comes_at_once) {
            sn_rto_measure(exchange->rto, effect.round_trip_us);
        }
    }
    exchange->state = SN_EXCHANGE_COMING;
    exchange->poll_due = false;
    sn_rto_news(exchange->rto, now);
}

void sn_exchange_end(sn_exchange *exchange) {
    exchange->state = SN_EXCHANGE_DONE;
}

/* When the timer of the present state expires; it does not run while something waits for the link. */
static uint64_t timer(const sn_exchange *exchange) {
    sn_exchange_out waiting;
    if (sn_exchange_next(exchange, &waiting)) {
        return UINT64_MAX;
    }
    return exchange->state == SN_EXCHANGE_WAITING ? exchange->poll_at : sn_rto_deadline(exchange->rto);
}

void sn_exchange_on_timer(sn_exchange *exchange, uint64_t now) {
    if (has_ended(exchange)) {
        return;
    }
    if (now >= exchange->give_up_at) {
        exchange->state = SN_EXCHANGE_FAILED;
    } else if (now >= timer(exchange)) {
        bool waits = exchange->state == SN_EXCHANGE_WAITING;
        if (!waits && !sn_rto_expire(exchange->rto, now)) {
            exchange->state = SN_EXCHANGE_FAILED;
        } else if (exchange->state == SN_EXCHANGE_SENDING) {
            sn_sender_probe(&exchange->sender);
        } else {
            exchange->poll_due = true;
        }
    }
}

uint64_t sn_exchange_deadline(const sn_exchange *exchange) {
    if (has_ended(exchange)) {
        return UINT64_MAX;
    }
    uint64_t expiry = timer(exchange);
    return expiry < exchange->give_up_at ? expiry : exchange->give_up_at;
}
