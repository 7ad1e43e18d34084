/* SPDX-License-Identifier: MIT */
/*
 * Frames between the console and the air, section 2.6 of docs/protocol.md. A gateway looks into none of them; its radio
 * is ESP-NOW, and what it hands to the host it writes to the port's console.
 */
#ifndef SPLITNODE_GATEWAY_H
#define SPLITNODE_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "console/chunk.h"
#include "splitnode/port.h"

typedef struct {
    void (*up)(void *owner); /* the radio can be used */
    /* It has failed, and the gateway with it. */
    void (*down)(void *owner, sn_error code, const char *text);
} sn_gateway_events;

typedef struct {
    uint32_t tx_frames, rx_frames, dropped, bad_records;
    uint64_t tx_bytes, rx_bytes;
} sn_gateway_counts;

typedef struct {
    const sn_port *port;
    const sn_gateway_events *events;
    void *owner;
    uint8_t *memory; /* frames for the air */
    uint32_t capacity;
    sn_gateway_counts counts; /* since it was made */

    bool active;
    bool is_up;
    bool is_full; /* the radio's driver has refused a frame; sn_gateway_on_writable follows */
    uint32_t frame_limit;
    uint32_t waiting;      /* frames for the air */
    uint32_t oldest;       /* place of the first of them */
    uint32_t taken;        /* number of the last frame that came from the host */
    uint32_t delivered;    /* number of the last frame that went to the host, */
    uint64_t delivered_us; /* and when it did */
    uint32_t dealt_with;   /* number of the last that the host has dealt with */
} sn_gateway;

/* `memory` is its own only while it is active. */
void sn_gateway_init(sn_gateway *gateway, const sn_port *port, uint8_t *memory, uint32_t capacity,
                     const sn_gateway_events *events, void *owner);

/* Has the port open the radio; one that is active begins anew. */
sn_error sn_gateway_begin(sn_gateway *gateway, uint8_t channel, sn_reason *why);
void sn_gateway_stop(sn_gateway *gateway);

/* The port's events of ESP-NOW while it is active. */
void sn_gateway_on_change(sn_gateway *gateway, sn_error code, const char *text);
void sn_gateway_on_receive(sn_gateway *gateway, const sn_source *from, const uint8_t *frame, size_t length);
void sn_gateway_on_writable(sn_gateway *gateway);
/* A record of the host: SN_CHUNK_TRANSMIT or SN_CHUNK_DEALT_WITH. */
void sn_gateway_on_record(sn_gateway *gateway, const sn_chunk *record);

#endif
