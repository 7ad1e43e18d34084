/* SPDX-License-Identifier: MIT */
/* The frames between a pair of packet links with a key, each in the test's hand: kept, changed, forged, put again. */
#ifndef WIRETAP_H
#define WIRETAP_H

#include "link_end.h"

/* Addresses: of the head that link_ends_flow knows, and of somebody else. */
#define HEAD 7u
#define STRANGER 9u

typedef struct {
    uint8_t bytes[300];
    uint32_t length;
} tap_frame;

/* A pair with link_key, joined. */
void tap_join(sn_via via);
/* The next frame that an end has sent; the test fails if there is none. */
tap_frame tap_sent(link_end *end);
bool tap_has_sent(const link_end *end);
/* An end gets a frame from an address. */
void tap_put(link_end *end, uint64_t from, const tap_frame *given);
/* The same; it takes no notice but counts it. */
void tap_expect_foreign(link_end *end, uint64_t from, const tap_frame *given);
uint8_t tap_type(const tap_frame *of);
/* The head asks for an echo of one frame, and the tail answers; that has not arrived. */
void tap_ask(tap_frame *request, tap_frame *answer);
/* A message of one frame as whoever has no key would make it. */
tap_frame tap_forged(sn_frame_type type, uint8_t flags, uint32_t id, uint32_t size);

#endif
