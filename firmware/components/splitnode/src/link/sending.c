/* SPDX-License-Identifier: MIT */
/* The one message on its way out. */
#include "node/internal.h"

#include <string.h>

void node_send_message(sn_node *node, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first, sn_bytes second) {
    node_send *send = &node->send;
    bool is_echo = type == SN_FRAME_ECHO || type == SN_FRAME_ECHO_REPLY;
    bool is_answer = (flags & SN_FLAG_ANSWER) != 0;
    uint32_t session = is_answer ? node->link.session : node->session;
    sn_header header = {.type = (uint8_t)type, .flags = flags, .session = session, .message = id};
    sn_message_init(&send->message, &header, is_echo ? 0 : node->slot.model_id, first, second);
    send->active = true;
    send->is_out = false;
    if (node_has_stream(node)) {
        send->offset = 0;
        send->deadline = node_now(node) + NODE_PATIENCE_US;
    } else if (is_answer) {
        node_answering_begin(node);
    } else {
        node_asking_begin(node);
    }
}

uint32_t node_make_hello(const sn_node *node, uint8_t payload[NODE_HELLO_SIZE]) {
    const sn_tensor *crossing = node->slot.role == SN_ROLE_HEAD ? &node->slot.output : &node->slot.input;
    payload[0] = (uint8_t)node->slot.role;
    payload[1] = (uint8_t)crossing->dtype;
    sn_put_u16(&payload[2], node_has_stream(node) ? 0 : (uint16_t)node_frames_limit(node));
    sn_put_u32(&payload[4], crossing->size);
    sn_put_u32(&payload[8], node->slot.classes);
    sn_put_u32(&payload[12], 0);
    return NODE_HELLO_SIZE;
}

uint32_t node_make_error(sn_error code, const char *text, size_t most, uint8_t *payload) {
    size_t length = strlen(text);
    if (length > most) {
        length = most;
    }
    sn_put_u16(&payload[0], (uint16_t)code);
    sn_put_u16(&payload[2], (uint16_t)length);
    memcpy(&payload[4], text, length);
    return 4 + (uint32_t)length;
}

void node_send_hello(sn_node *node, uint8_t flags, uint32_t id) {
    uint8_t *payload = node->send.small;
    uint32_t length = node_make_hello(node, payload);
    node_send_message(node, SN_FRAME_HELLO, flags, id, (sn_bytes){payload, length}, (sn_bytes){0});
}

void node_send_error(sn_node *node, uint32_t id, sn_error code, const char *text) {
    uint8_t *payload = node->send.small;
    uint32_t length = node_make_error(code, text, SN_SENTENCE, payload);
    node_send_message(node, SN_FRAME_ERROR, SN_FLAG_ANSWER, id, (sn_bytes){payload, length}, (sn_bytes){0});
}

void node_message_out(sn_node *node) {
    if (node->send.is_out) {
        return; /* it goes out once more */
    }
    node->send.is_out = true;
    node->stats.tx_messages++;
    uint8_t type = node->send.message.header.type;
    if (type == SN_FRAME_DATA || type == SN_FRAME_RESULT) {
        node_infer_sent(node);
    } else if (type == SN_FRAME_ECHO) {
        node_echo_sent(node);
    }
}
