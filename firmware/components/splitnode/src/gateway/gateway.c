/* SPDX-License-Identifier: MIT */
/* Frames between the console and the air; what the host wants sent waits in the gateway's memory. */
#include "gateway/gateway.h"

#include <string.h>

#include "splitnode/mac.h"

#define HOST_CREDIT 8u            /* records that the host may be ahead of what the driver has taken */
#define GATEWAY_CREDIT 16u        /* records that the gateway may be ahead of what the host has dealt with */
#define HOST_PATIENCE_US 5000000u /* after which the records that the host says nothing of are lost on the line */
#define RECEIVED_LEAD (SN_MAC_SIZE + 1u + 8u) /* address, RSSI and time in front of a frame from the air */
#define QUEUE_LEAD 16u                        /* number, length and address in front of one that waits */

static uint8_t *place(const sn_gateway *gateway, uint32_t index) {
    return &gateway->memory[(gateway->oldest + index) % HOST_CREDIT * (QUEUE_LEAD + gateway->frame_limit)];
}

void sn_gateway_init(sn_gateway *gateway, const sn_port *port, uint8_t *memory, uint32_t capacity,
                     const sn_gateway_events *events, void *owner) {
    *gateway = (sn_gateway){.port = port, .events = events, .owner = owner, .memory = memory, .capacity = capacity};
}

void sn_gateway_stop(sn_gateway *gateway) {
    gateway->port->link_close(gateway->port->ctx, SN_VIA_ESPNOW);
    gateway->active = false;
}

sn_error sn_gateway_begin(sn_gateway *gateway, uint8_t channel, sn_reason *why) {
    uint32_t limit = gateway->port->link_frame_limit(gateway->port->ctx, SN_VIA_ESPNOW);
    if (limit > SN_CHUNK_DATA - RECEIVED_LEAD) {
        limit = SN_CHUNK_DATA - RECEIVED_LEAD;
    }
    if (HOST_CREDIT * (QUEUE_LEAD + limit) > gateway->capacity) {
        return sn_reason_set(why, SN_ERR_UNSUPPORTED, "this board has too little memory for a gateway's frames");
    }
    if (gateway->active) {
        sn_gateway_stop(gateway);
    }
    *gateway = (sn_gateway){
        .port = gateway->port,
        .events = gateway->events,
        .owner = gateway->owner,
        .memory = gateway->memory,
        .capacity = gateway->capacity,
        .counts = gateway->counts,
        .frame_limit = limit,
    };
    sn_error code = gateway->port->link_open(gateway->port->ctx, SN_VIA_ESPNOW, "", channel);
    if (code != SN_OK) {
        return sn_reason_set(why, code, "the radio for ESP-NOW could not be started");
    }
    gateway->active = true;
    return SN_OK;
}

static void write_record(sn_gateway *gateway, uint8_t type, uint32_t number, sn_bytes data) {
    sn_chunk record = {.type = type, .offset = number, .data = data};
    uint8_t encoded[SN_CHUNK_ENCODED];
    size_t length = sn_chunk_encode(&record, encoded);
    gateway->port->console_write(gateway->port->ctx, encoded, length);
}

/* Missing numbers, lost on the line, count as dealt with by the next. */
static void queue(sn_gateway *gateway, const sn_chunk *record) {
    sn_bytes data = record->data;
    if (record->offset <= gateway->taken || data.length <= SN_MAC_SIZE ||
        data.length - SN_MAC_SIZE > gateway->frame_limit || gateway->waiting == HOST_CREDIT) {
        gateway->counts.bad_records++;
        return;
    }
    gateway->taken = record->offset;
    uint8_t *to = place(gateway, gateway->waiting);
    uint64_t address = sn_mac_get(data.data);
    sn_put_u32(&to[0], record->offset);
    sn_put_u32(&to[4], data.length - SN_MAC_SIZE);
    memcpy(&to[8], &address, sizeof address);
    memcpy(&to[QUEUE_LEAD], &data.data[SN_MAC_SIZE], data.length - SN_MAC_SIZE);
    gateway->waiting++;
}

static void go_on(sn_gateway *gateway) {
    while (gateway->active && gateway->is_up && !gateway->is_full && gateway->waiting != 0) {
        const uint8_t *from = place(gateway, 0);
        uint32_t length = sn_get_u32(&from[4]);
        uint64_t address = 0;
        memcpy(&address, &from[8], sizeof address);
        int32_t taken = gateway->port->link_send(gateway->port->ctx, SN_VIA_ESPNOW, address, &from[QUEUE_LEAD], length);
        if (taken != (int32_t)length) {
            gateway->is_full = true;
            return;
        }
        gateway->counts.tx_frames++;
        gateway->counts.tx_bytes += length;
        gateway->oldest = (gateway->oldest + 1) % HOST_CREDIT;
        gateway->waiting--;
        write_record(gateway, SN_CHUNK_TRANSMITTED, sn_get_u32(&from[0]), (sn_bytes){0});
    }
}

void sn_gateway_on_change(sn_gateway *gateway, sn_error code, const char *text) {
    if (code == SN_OK) {
        gateway->is_up = true;
        gateway->events->up(gateway->owner);
        go_on(gateway);
        return;
    }
    sn_reason reason;
    sn_reason_set(&reason, code, text);
    sn_gateway_stop(gateway);
    gateway->events->down(gateway->owner, code, reason.text);
}

void sn_gateway_on_writable(sn_gateway *gateway) {
    gateway->is_full = false;
    go_on(gateway);
}

void sn_gateway_on_record(sn_gateway *gateway, const sn_chunk *record) {
    if (record->type == SN_CHUNK_TRANSMIT) {
        queue(gateway, record);
        go_on(gateway);
    } else if (record->offset > gateway->dealt_with && record->offset <= gateway->delivered) {
        gateway->dealt_with = record->offset;
    }
}

void sn_gateway_on_receive(sn_gateway *gateway, const sn_source *from, const uint8_t *frame, size_t length) {
    uint8_t data[SN_CHUNK_DATA];
    gateway->counts.rx_frames++;
    gateway->counts.rx_bytes += length;
    uint64_t now = gateway->port->now_us(gateway->port->ctx);
    if (now - gateway->delivered_us >= HOST_PATIENCE_US) {
        gateway->dealt_with = gateway->delivered;
    }
    if (gateway->delivered - gateway->dealt_with >= GATEWAY_CREDIT || length > sizeof data - RECEIVED_LEAD) {
        gateway->counts.dropped++;
        return;
    }
    gateway->delivered_us = now;
    sn_mac_put(&data[0], from->address);
    data[SN_MAC_SIZE] = (uint8_t)from->rssi;
    sn_put_u32(&data[SN_MAC_SIZE + 1], (uint32_t)now);
    sn_put_u32(&data[SN_MAC_SIZE + 5], (uint32_t)(now >> 32));
    memcpy(&data[RECEIVED_LEAD], frame, length);
    write_record(gateway, SN_CHUNK_RECEIVED, ++gateway->delivered, (sn_bytes){data, RECEIVED_LEAD + (uint32_t)length});
}
