/* SPDX-License-Identifier: MIT */
/*
 * Role gateway: frames between the console and the air, section 2.6. It looks into none of them. What the host wants
 * sent waits in the memory of received messages, which a gateway has no other use for.
 */
#include "node/internal.h"

#include <string.h>

#include "splitnode/mac.h"

#define HOST_CREDIT 8u            /* records that the host may be ahead of what the driver has taken */
#define GATEWAY_CREDIT 16u        /* records that the gateway may be ahead of what the host has dealt with */
#define HOST_PATIENCE_US 5000000u /* after which the records that the host says nothing of are lost on the line */
#define RECEIVED_LEAD (SN_MAC_SIZE + 1u + 8u) /* address, RSSI and time in front of a frame from the air */
#define QUEUE_LEAD 16u                        /* number, length and address in front of one that waits */

static uint8_t *place(const sn_node *node, uint32_t index) {
    const node_gateway *gateway = &node->gateway;
    return &node->memory.receive[(gateway->oldest + index) % HOST_CREDIT * (QUEUE_LEAD + gateway->frame_limit)];
}

static void stop(sn_node *node) {
    node->port->link_close(node->port->ctx, SN_VIA_ESPNOW);
    node->gateway.active = false;
}

static sn_error begin(sn_node *node, uint8_t channel, sn_reason *why) {
    node_gateway *gateway = &node->gateway;
    uint32_t limit = node->port->link_frame_limit(node->port->ctx, SN_VIA_ESPNOW);
    if (limit > SN_CHUNK_DATA - RECEIVED_LEAD) {
        limit = SN_CHUNK_DATA - RECEIVED_LEAD;
    }
    if (node->link.state != NODE_LINK_DOWN || node->work.state != NODE_WORK_IDLE) {
        return sn_reason_set(why, SN_ERR_BUSY, "a link or an inference is under way: end it by link state=down");
    }
    if (HOST_CREDIT * (QUEUE_LEAD + limit) > node->memory.receive_capacity) {
        return sn_reason_set(why, SN_ERR_UNSUPPORTED, "this board has too little memory for a gateway's frames");
    }
    if (gateway->active) {
        stop(node);
    }
    *gateway = (node_gateway){.frame_limit = limit};
    sn_error code = node->port->link_open(node->port->ctx, SN_VIA_ESPNOW, "", channel);
    if (code != SN_OK) {
        return sn_reason_set(why, code, "the radio for ESP-NOW could not be started");
    }
    gateway->active = true;
    return SN_OK;
}

static const char *role_name(const sn_node *node) {
    return node->gateway.active ? "gateway" : sn_role_name(node->slot.role);
}

sn_error node_request_role(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *set = sn_pairs_get(&request->arguments, "set");
    uint8_t channel = 0;
    sn_error code = node_parse_channel(request, &channel, why);
    if (code != SN_OK) {
        return code;
    }
    if (set != NULL && sn_equal(set, "gateway")) {
        code = begin(node, channel, why);
    } else if (set != NULL && sn_equal(set, "model")) {
        if (node->gateway.active) {
            stop(node);
        }
    } else if (set != NULL) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "set is gateway or model");
    }
    if (code == SN_OK) {
        sn_text_pair(answer, "role", role_name(node));
    }
    return code;
}

void node_gateway_changed(sn_node *node, sn_error code, const char *text) {
    node_gateway *gateway = &node->gateway;
    sn_text line = node_begin_event(node, "link");
    sn_text_pair(&line, "via", node_via_name(SN_VIA_ESPNOW));
    if (code == SN_OK) {
        gateway->is_up = true;
        sn_text_pair(&line, "state", "up");
    } else {
        sn_reason reason;
        sn_reason_set(&reason, code, text);
        node_add_failure(&line, "down", code, reason.text);
        stop(node);
    }
    node_end_line(node, &line);
    node_gateway_go_on(node);
}

static void write_record(sn_node *node, uint8_t type, uint32_t number, sn_bytes data) {
    sn_chunk record = {.type = type, .offset = number, .data = data};
    uint8_t encoded[SN_CHUNK_ENCODED];
    size_t length = sn_chunk_encode(&record, encoded);
    node->port->console_write(node->port->ctx, encoded, length);
}

/* Missing numbers, lost on the line, count as dealt with by the next. */
static void queue(sn_node *node, const sn_chunk *record) {
    node_gateway *gateway = &node->gateway;
    sn_bytes data = record->data;
    if (record->offset <= gateway->taken || data.length <= SN_MAC_SIZE ||
        data.length - SN_MAC_SIZE > gateway->frame_limit || gateway->waiting == HOST_CREDIT) {
        node->stats.rx_bad_chunk++;
        return;
    }
    gateway->taken = record->offset;
    uint8_t *to = place(node, gateway->waiting);
    uint64_t address = sn_mac_get(data.data);
    sn_put_u32(&to[0], record->offset);
    sn_put_u32(&to[4], data.length - SN_MAC_SIZE);
    memcpy(&to[8], &address, sizeof address);
    memcpy(&to[QUEUE_LEAD], &data.data[SN_MAC_SIZE], data.length - SN_MAC_SIZE);
    gateway->waiting++;
}

void node_gateway_record(sn_node *node, const sn_chunk *record) {
    node_gateway *gateway = &node->gateway;
    if (record->type == SN_CHUNK_TRANSMIT) {
        queue(node, record);
        node_gateway_go_on(node);
    } else if (record->offset > gateway->dealt_with && record->offset <= gateway->delivered) {
        gateway->dealt_with = record->offset;
    }
}

void node_gateway_go_on(sn_node *node) {
    node_gateway *gateway = &node->gateway;
    while (gateway->active && gateway->is_up && !gateway->is_full && gateway->waiting != 0) {
        const uint8_t *from = place(node, 0);
        uint32_t length = sn_get_u32(&from[4]);
        uint64_t address = 0;
        memcpy(&address, &from[8], sizeof address);
        int32_t taken = node->port->link_send(node->port->ctx, SN_VIA_ESPNOW, address, &from[QUEUE_LEAD], length);
        if (taken != (int32_t)length) {
            gateway->is_full = true;
            return;
        }
        node->stats.tx_frames++;
        node->stats.tx_bytes += length;
        gateway->oldest = (gateway->oldest + 1) % HOST_CREDIT;
        gateway->waiting--;
        write_record(node, SN_CHUNK_TRANSMITTED, sn_get_u32(&from[0]), (sn_bytes){0});
    }
}

void node_gateway_receive(sn_node *node, const sn_source *from, const uint8_t *frame, size_t length) {
    node_gateway *gateway = &node->gateway;
    uint8_t data[SN_CHUNK_DATA];
    node->stats.rx_frames++;
    node->stats.rx_bytes += length;
    uint64_t now = node_now(node);
    if (now - gateway->delivered_us >= HOST_PATIENCE_US) {
        gateway->dealt_with = gateway->delivered;
    }
    if (gateway->delivered - gateway->dealt_with >= GATEWAY_CREDIT || length > sizeof data - RECEIVED_LEAD) {
        node->stats.gw_dropped++;
        return;
    }
    gateway->delivered_us = now;
    sn_mac_put(&data[0], from->address);
    data[SN_MAC_SIZE] = (uint8_t)from->rssi;
    sn_put_u32(&data[SN_MAC_SIZE + 1], (uint32_t)now);
    sn_put_u32(&data[SN_MAC_SIZE + 5], (uint32_t)(now >> 32));
    memcpy(&data[RECEIVED_LEAD], frame, length);
    write_record(node, SN_CHUNK_RECEIVED, ++gateway->delivered, (sn_bytes){data, RECEIVED_LEAD + (uint32_t)length});
}
