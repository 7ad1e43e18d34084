/* SPDX-License-Identifier: MIT */
/*
 * A packet link: UDP, ESP-NOW, BLE. Its driver takes one frame after the other, the most urgent first, until it is
 * full; what it refused is made anew when it is writable, so that an ACK always tells the latest.
 */
#include "link/internal.h"

static bool send_next(sn_link *link) {
    if (link->frames.note_length != 0) {
        return sn_link_send_note(link);
    }
    if (link->frames.ack_due) {
        return sn_link_acknowledge(link, false);
    }
    if (link->is_wanted && link->state == SN_LINK_UP) {
        link->is_wanted = false;
        link->events->writable(link->owner);
        return true;
    }
    return sn_link_is_tail(link) ? sn_link_answer(link) : sn_link_ask(link);
}

void sn_link_feed_driver(sn_link *link) {
    while (sn_link_is_in_use(link) && !link->frames.is_full && send_next(link)) {
    }
}

void sn_link_receive_frame(sn_link *link, const sn_source *from, const uint8_t *frame, size_t length) {
    sn_header header;
    bool is_readable = sn_header_unpack(&header, frame, length);
    if (!sn_link_is_in_use(link) || !sn_link_admit(link, from, is_readable ? &header : NULL, frame, length)) {
        sn_link_feed_driver(link);
        return;
    }
    link->counts.rx_frames++;
    link->counts.rx_bytes += length;
    if (!is_readable) {
        link->counts.rx_bad_frame++;
    } else if (sn_link_is_tail(link)) {
        sn_link_receive_request(link, from, &header, frame, length);
    } else {
        sn_link_receive_answer(link, &header, frame, length);
    }
    sn_link_feed_driver(link);
}
