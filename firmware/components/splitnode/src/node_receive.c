/* SPDX-License-Identifier: MIT */
/* What a peer's message sets off. */
#include "node_internal.h"

static bool is_tail(const sn_node *node) {
    return node->slot.role == SN_ROLE_TAIL;
}

bool node_frame_needs_answer(const sn_node *node) {
    sn_bytes frame = sn_stream_frame(&node->link.stream);
    sn_header header;
    if (!sn_header_unpack(&header, frame.data, frame.length)) {
        return false;
    }
    return header.type == SN_FRAME_DATA || header.type == SN_FRAME_ECHO ||
           (header.type == SN_FRAME_HELLO && is_tail(node)) || (header.flags & SN_FLAG_AUTHENTICATED) != 0;
}

static bool same_model(const sn_node *node, const sn_body *hello) {
    const sn_tensor *crossing = is_tail(node) ? &node->slot.input : &node->slot.output;
    const uint8_t *payload = hello->payload.data;
    return hello->model_id == node->slot.model_id && payload[1] == crossing->dtype &&
           sn_get_u32(&payload[4]) == crossing->size;
}

static void link_is_up(sn_node *node) {
    node->link.greeted = true;
    if (node->link.state == NODE_LINK_UP) {
        return;
    }
    node->link.state = NODE_LINK_UP;
    sn_text line = node_begin_event(node, "link");
    sn_text_pair(&line, "via", node_via_name(node->link.via));
    sn_text_pair(&line, "state", "up");
    node_end_line(node, &line);
}

static void answer_hello(sn_node *node, const sn_header *header, const sn_body *body) {
    if (body->payload.length != NODE_HELLO_SIZE || body->payload.data[0] != SN_ROLE_HEAD) {
        node_send_error(node, header->message, SN_ERR_PROTOCOL, "this is not the HELLO of a head");
    } else if (!same_model(node, body)) {
        node_send_error(node, header->message, SN_ERR_MODEL_MISMATCH,
                        "head and tail come from different models or cuts: flash a matching pair");
    } else {
        node_send_hello(node, SN_FLAG_ANSWER, header->message);
        link_is_up(node);
    }
}

static void receive_hello(sn_node *node, const sn_header *header, const sn_body *body) {
    if (is_tail(node)) {
        answer_hello(node, header, body);
    } else if (node->link.state != NODE_LINK_GREETING || header->message != node->link.hello) {
        node->stats.rx_bad_frame++;
    } else if (body->payload.length != NODE_HELLO_SIZE) {
        node_link_fail(node, SN_ERR_PROTOCOL, "the edge's HELLO does not have 16 bytes");
    } else if (!same_model(node, body)) {
        node_link_fail(node, SN_ERR_MODEL_MISMATCH,
                       "head and tail come from different models or cuts: serve the tail of this head");
    } else {
        link_is_up(node);
    }
}

static void receive_error(sn_node *node, const sn_header *header, const sn_body *body) {
    sn_bytes payload = body->payload;
    if (payload.length < 4 || sn_get_u16(&payload.data[2]) != payload.length - 4) {
        node->stats.rx_bad_frame++;
        return;
    }
    uint16_t number = sn_get_u16(&payload.data[0]);
    node_reason reason;
    node_set_reason_bytes(&reason, number != 0 ? (sn_error)number : SN_ERR_PROTOCOL, &payload.data[4],
                          payload.length - 4);
    if (!is_tail(node) && node->link.state == NODE_LINK_GREETING && header->message == node->link.hello) {
        node_link_fail(node, reason.code, reason.text);
        return;
    }
    node_infer_refused(node, header->message, &reason);
    node_echo_refused(node, header->message, &reason);
}

static void receive_echo(sn_node *node, const sn_header *header, const sn_body *body) {
    node_send_message(node, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, header->message, body->payload, (sn_bytes){0});
}

static void receive_data(sn_node *node, const sn_header *header, const sn_body *body) {
    if (is_tail(node)) {
        node_infer_activation(node, header, body);
    } else {
        node_send_error(node, header->message, SN_ERR_NOT_SUPPORTED_IN_ROLE, "a head takes no activations");
    }
}

static void dispatch(sn_node *node, const sn_header *header, const sn_body *body) {
    bool is_up = node->link.state == NODE_LINK_UP;
    if (!is_up && (header->type == SN_FRAME_DATA || header->type == SN_FRAME_ECHO)) {
        node_send_error(node, header->message, SN_ERR_PROTOCOL, "the first message of a connection is HELLO");
        return;
    }
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

static void refuse_authenticated(sn_node *node, const sn_header *header) {
    node_reason reason;
    node_set_reason(&reason, SN_ERR_UNSUPPORTED, "authenticated messages are not supported");
    if (header->type == SN_FRAME_ERROR) {
        node->stats.rx_bad_frame++; /* an error is never answered by an error */
        return;
    }
    node_infer_refused(node, header->message, &reason);
    node_echo_refused(node, header->message, &reason);
    node_send_error(node, header->message, reason.code, reason.text);
}

void node_receive_frame(sn_node *node) {
    sn_bytes frame = sn_stream_frame(&node->link.stream);
    sn_header header;
    if (!sn_header_unpack(&header, frame.data, frame.length) || header.count != 1) {
        node->stats.rx_bad_frame++;
        return;
    }
    if (!is_tail(node) || node->link.greeted) {
        if (header.session != node->link.session) {
            node->stats.rx_bad_frame++;
            return;
        }
    } else {
        node->link.session = header.session;
    }
    if ((header.flags & SN_FLAG_AUTHENTICATED) != 0) {
        refuse_authenticated(node, &header);
        return;
    }
    sn_body body;
    if (!sn_body_open(&body, &frame.data[SN_HEADER_SIZE], frame.length - SN_HEADER_SIZE)) {
        node->stats.rx_bad_crc++;
        node_link_fail(node, SN_ERR_PROTOCOL, "a message came with a wrong length or CRC");
        return;
    }
    node->stats.rx_messages++;
    dispatch(node, &header, &body);
}
