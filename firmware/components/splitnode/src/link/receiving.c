/* SPDX-License-Identifier: MIT */
/* What a peer's message sets off. */
#include "node/internal.h"

static bool same_model(const sn_node *node, const sn_body *hello) {
    const sn_tensor *crossing = node_is_tail(node) ? &node->slot.input : &node->slot.output;
    const uint8_t *payload = hello->payload.data;
    return hello->model_id == node->slot.model_id && payload[1] == crossing->dtype &&
           sn_get_u32(&payload[4]) == crossing->size;
}

sn_error node_check_hello(const sn_node *node, const sn_body *body, const char **why) {
    if (body->payload.length != NODE_HELLO_SIZE || body->payload.data[0] != SN_ROLE_HEAD) {
        *why = "this is not the HELLO of a head";
        return SN_ERR_PROTOCOL;
    }
    if (!same_model(node, body)) {
        *why = "head and tail come from different models or cuts: flash a matching pair";
        return SN_ERR_MODEL_MISMATCH;
    }
    return SN_OK;
}

/* Over a stream. */
static void answer_hello(sn_node *node, const sn_header *header, const sn_body *body) {
    const char *why = NULL;
    sn_error code = node_check_hello(node, body, &why);
    if (code != SN_OK) {
        node_send_error(node, header->message, code, why);
        return;
    }
    node_send_hello(node, SN_FLAG_ANSWER, header->message);
    node_link_greeted(node);
}

static void receive_hello(sn_node *node, const sn_header *header, const sn_body *body) {
    if (node_is_tail(node)) {
        answer_hello(node, header, body);
    } else if (node->link.state != NODE_LINK_GREETING || header->message != node->link.hello) {
        node->stats.rx_bad_frame++;
    } else if (body->payload.length != NODE_HELLO_SIZE) {
        node_link_fail(node, SN_ERR_PROTOCOL, "the edge's HELLO does not have 16 bytes");
    } else if (!same_model(node, body)) {
        node_link_fail(node, SN_ERR_MODEL_MISMATCH,
                       "head and tail come from different models or cuts: serve the tail of this head");
    } else if (!node_has_stream(node) && !node_frames_agree(node, sn_get_u16(&body->payload.data[2]))) {
        node_link_fail(node, SN_ERR_MTU, "the peer's frames hold less than 128 bytes");
    } else {
        node_link_greeted(node);
    }
}

void node_refused(sn_node *node, uint32_t id, const sn_reason *reason) {
    if (!node_is_tail(node) && node->link.state == NODE_LINK_GREETING && id == node->link.hello) {
        node_link_fail(node, reason->code, reason->text);
        return;
    }
    node_infer_refused(node, id, reason);
    node_echo_refused(node, id, reason);
}

static void receive_error(sn_node *node, const sn_header *header, const sn_body *body) {
    sn_bytes payload = body->payload;
    sn_reason reason;
    if (payload.length < 4 || sn_get_u16(&payload.data[2]) != payload.length - 4) {
        node->stats.rx_bad_frame++;
        if (!node_has_stream(node)) { /* it has ended the exchange all the same */
            sn_reason_set(&reason, SN_ERR_PROTOCOL, "the peer's ERROR breaks the protocol's specification");
            node_refused(node, header->message, &reason);
        }
        return;
    }
    uint16_t number = sn_get_u16(&payload.data[0]);
    sn_reason_set_bytes(&reason, number != 0 ? (sn_error)number : SN_ERR_PROTOCOL, &payload.data[4],
                        payload.length - 4);
    node_refused(node, header->message, &reason);
}

static void receive_echo(sn_node *node, const sn_header *header, const sn_body *body) {
    node_send_message(node, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, header->message, body->payload, (sn_bytes){0});
}

static void receive_data(sn_node *node, const sn_header *header, const sn_body *body) {
    if (node_is_tail(node)) {
        node_infer_activation(node, header, body);
    } else {
        node_send_error(node, header->message, SN_ERR_NOT_SUPPORTED_IN_ROLE, "a head takes no activations");
    }
}

void node_receive_message(sn_node *node, const sn_header *header, const sn_body *body) {
    node->stats.rx_messages++;
    switch ((sn_frame_type)header->type) {
    case SN_FRAME_HELLO:
        receive_hello(node, header, body);
        break;
    case SN_FRAME_DATA:
        receive_data(node, header, body);
        break;
    case SN_FRAME_RESULT:
        node_infer_result(node, header, body);
        break;
    case SN_FRAME_ERROR:
        receive_error(node, header, body);
        break;
    case SN_FRAME_ECHO:
        receive_echo(node, header, body);
        break;
    case SN_FRAME_ECHO_REPLY:
        node_echo_reply(node, header, body);
        break;
    case SN_FRAME_ACK:
        node->stats.rx_bad_frame++; /* a stream needs none */
        break;
    }
}
