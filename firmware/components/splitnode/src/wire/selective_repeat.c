/* SPDX-License-Identifier: MIT */
#include "wire/selective_repeat.h"

#include <stddef.h>

void sn_sender_init(sn_sender *sender, sn_sender_kind kind, uint32_t count) {
    *sender = (sn_sender){.kind = kind, .count = count};
}

static sn_transmission *sent(sn_sender *sender, uint32_t index) {
    return &sender->sent[index % SN_WINDOW];
}

/* The lowest fragment from `from` on that is to be sent again; `next` if there is none. */
static uint32_t first_due(const sn_sender *sender, uint32_t from) {
    while (from < sender->next && sender->sent[from % SN_WINDOW].due == SN_DUE_NOT) {
        from++;
    }
    return from;
}

/* Is there a fragment never sent before, numbered `index`, that may go out? */
static bool has_new(const sn_sender *sender, uint32_t index) {
    return index < sender->count && index < sender->base + SN_WINDOW;
}

static bool asks_for_ack(const sn_sender *sender, uint32_t index, bool is_last_for_now) {
    if (sender->kind == SN_SEND_ANSWER && index + 1 == sender->count) {
        return false;
    }
    return is_last_for_now || index % SN_ACK_EVERY == SN_ACK_EVERY - 1;
}

bool sn_sender_next(const sn_sender *sender, sn_fragment_out *out) {
    uint32_t index = first_due(sender, sender->base);
    bool is_new = index == sender->next;
    if (is_new && !has_new(sender, index)) {
        return false;
    }
    bool is_probe = !is_new && sender->sent[index % SN_WINDOW].due == SN_DUE_PROBE;
    bool is_last_for_now = is_new ? !has_new(sender, index + 1)
                                  : first_due(sender, index + 1) == sender->next && !has_new(sender, sender->next);
    out->index = index;
    out->ack_requested = is_probe || asks_for_ack(sender, index, is_last_for_now);
    return true;
}

void sn_sender_transmitted(sn_sender *sender, const sn_fragment_out *out, uint64_t now) {
    sn_transmission *slot = sent(sender, out->index);
    bool again = out->index < sender->next;
    sender->transmissions++;
    if (again) {
        sender->resent++;
    } else {
        sender->next++;
    }
    *slot = (sn_transmission){
        .sent_us = now,
        .transmission = sender->transmissions,
        .ack_requested = out->ack_requested,
        .is_probe = again && slot->due == SN_DUE_PROBE,
        .again = again,
    };
}

/* Marks what an ACK covers; returns the newest of those transmissions, NULL if there is none. */
static const sn_transmission *acknowledge(sn_sender *sender, const sn_ack *ack) {
    const sn_transmission *newest = NULL;
    for (uint32_t index = sender->base; index < sender->next; index++) {
        sn_transmission *slot = sent(sender, index);
        if (slot->acknowledged || !sn_ack_has(ack, index)) {
            continue;
        }
        slot->acknowledged = true;
        slot->due = SN_DUE_NOT;
        if (newest == NULL || slot->transmission > newest->transmission) {
            newest = slot;
        }
        if (slot->is_probe && slot->transmission > sender->probe_acknowledged) {
            sender->probe_acknowledged = slot->transmission;
        }
    }
    if (newest != NULL && newest->transmission > sender->newest_acknowledged) {
        sender->newest_acknowledged = newest->transmission;
    }
    while (sender->base < sender->next && sent(sender, sender->base)->acknowledged) {
        sender->base++;
    }
    return newest;
}

/* Only the newest transmission can have asked for this ACK; sent twice, it does not tell which of the two did. */
static sn_ack_effect effect_of(const sn_transmission *newest, uint64_t now) {
    sn_ack_effect effect = {.news = newest != NULL};
    if (newest != NULL && newest->ack_requested && !newest->again) {
        effect.measured = true;
        effect.round_trip_us = now - newest->sent_us;
    }
    return effect;
}

sn_ack_effect sn_sender_on_ack(sn_sender *sender, const sn_ack *ack, uint64_t now) {
    sn_ack_effect effect = effect_of(acknowledge(sender, ack), now);
    for (uint32_t index = sender->base; index < sender->next; index++) {
        sn_transmission *slot = sent(sender, index);
        bool is_overtaken = slot->transmission + SN_REORDER_BOUND <= sender->newest_acknowledged;
        if (!slot->acknowledged && (is_overtaken || slot->transmission < sender->probe_acknowledged)) {
            slot->due = SN_DUE_LOST;
        }
    }
    return effect;
}

void sn_sender_on_poll(sn_sender *sender, const sn_ack *poll, uint64_t now) {
    sn_sender_on_ack(sender, poll, now);
    for (uint32_t index = sender->base; index < sender->next; index++) {
        if (!sent(sender, index)->acknowledged) {
            sent(sender, index)->due = SN_DUE_LOST;
        }
    }
}

void sn_sender_probe(sn_sender *sender) {
    sn_fragment_out waiting;
    if (sn_sender_next(sender, &waiting)) {
        return;
    }
    sn_transmission *latest = NULL;
    for (uint32_t index = sender->base; index < sender->next; index++) {
        sn_transmission *slot = sent(sender, index);
        if (!slot->acknowledged && (latest == NULL || slot->transmission > latest->transmission)) {
            latest = slot;
        }
    }
    if (latest != NULL) {
        latest->due = SN_DUE_PROBE;
    }
}

sn_ack_effect sn_sender_on_answer(sn_sender *sender, uint64_t now) {
    sn_ack everything = {.base = sender->count};
    sn_ack_effect effect = effect_of(acknowledge(sender, &everything), now);
    sender->base = sender->next = sender->count; /* also where the answer did not need the whole request */
    return effect;
}
