/* SPDX-License-Identifier: MIT */
/* The one message on its way out. */
#include "node_internal.h"

#include <string.h>

void node_send_message(sn_node *node, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first, sn_bytes second) {
    bool is_echo = type == SN_FRAME_ECHO || type == SN_FRAME_ECHO_REPLY;
    uint32_t session = (flags & SN_FLAG_ANSWER) != 0 ? node->link.session : node->session;
    sn_header header = {.type = (uint8_t)type, .flags = flags, .session = session, .message = id};
    sn_message_init(&node->send.message, &header, is_echo ? 0 : node->slot.model_id, first, second);
    node->send.active = true;
    node->send.offset = 0;
    node->send.deadline = node_now(node) + NODE_PATIENCE_US;
}

void node_send_hello(sn_node *node, uint8_t flags, uint32_t id) {
    const sn_tensor *crossing = node->slot.role == SN_ROLE_HEAD ? &node->slot.output : &node->slot.input;
    uint8_t *payload = node->send.small;
    payload[0] = (uint8_t)node->slot.role;
    payload[1] = (uint8_t)crossing->dtype;
    sn_put_u16(&payload[2], (uint16_t)node->port->link_frame_limit(node->port->ctx, node->link.via));
    sn_put_u32(&payload[4], crossing->size);
    sn_put_u32(&payload[8], node->slot.classes);
    sn_put_u32(&payload[12], 0);
    node_send_message(node, SN_FRAME_HELLO, flags, id, (sn_bytes){payload, NODE_HELLO_SIZE}, (sn_bytes){0});
}

void node_send_error(sn_node *node, uint32_t id, sn_error code, const char *text) {
    uint8_t *payload = node->send.small;
    size_t length = strlen(text);
    if (length > NODE_SENTENCE) {
        length = NODE_SENTENCE;
    }
    sn_put_u16(&payload[0], (uint16_t)code);
    sn_put_u16(&payload[2], (uint16_t)length);
    memcpy(&payload[4], text, length);
    node_send_message(node, SN_FRAME_ERROR, SN_FLAG_ANSWER, id, (sn_bytes){payload, 4 + (uint32_t)length},
                      (sn_bytes){0});
}

bool node_send_step(sn_node *node) {
    node_send *send = &node->send;
    uint32_t size = sn_message_stream_size(&send->message);
    while (send->offset < size) {
        uint8_t piece[NODE_SEND_PIECE];
        uint32_t length = sn_message_stream_read(&send->message, send->offset, piece, sizeof piece);
        int32_t taken = node->port->link_send(node->port->ctx, node->link.via, 0, piece, length);
        if (taken < 0) {
            return false; /* the port is about to report the end of the link; if not, the deadline is */
        }
        send->offset += (uint32_t)taken < length ? (uint32_t)taken : length;
        if ((uint32_t)taken < length) {
            return false;
        }
    }
    send->active = false;
    node->stats.tx_messages++;
    return true;
}
