/* SPDX-License-Identifier: MIT */
/* The connection to the peer: opened, greeted, used, lost. */
#include "node_internal.h"

static void report_down(sn_node *node, sn_via via, sn_error code, const char *text) {
    sn_text line = node_begin_event(node, "link");
    sn_text_pair(&line, "via", node_via_name(via));
    node_add_failure(&line, "down", code, text);
    node_end_line(node, &line);
}

/* Forgets everything about the connection. */
static void reset(sn_node *node) {
    node->link.state = NODE_LINK_DOWN;
    node->link.greeted = false;
    node->link.frame_held = false;
    node->link.frame_handled = false;
    sn_stream_next(&node->link.stream);
    node->send.active = false;
}

/* `owed` is the code for those who were waiting for an answer. */
static void lose(sn_node *node, sn_error code, sn_error owed, const char *text) {
    reset(node);
    node_infer_link_lost(node, owed, text);
    node_echo_link_lost(node, owed, text);
    report_down(node, node->link.via, code, text);
}

void node_link_fail(sn_node *node, sn_error code, const char *text) {
    node->port->link_close(node->port->ctx, node->link.via);
    lose(node, code, code, text);
}

static void close_on_request(sn_node *node) {
    if (node->link.state == NODE_LINK_DOWN) {
        report_down(node, node->link.via, SN_ERR_LINK_DOWN, "the link was down already");
    } else {
        node_link_fail(node, SN_ERR_LINK_DOWN, "the link was closed on request");
    }
}

static sn_error parse_via(const sn_request *request, sn_via *via, node_reason *why) {
    const char *name = sn_pairs_get(&request->arguments, "via");
    if (name == NULL || !node_via_parse(name, via)) {
        return node_set_reason(why, SN_ERR_BAD_ARGUMENT, "via is the kind of link: tcp, udp, espnow or ble");
    }
    if (*via != SN_VIA_TCP) {
        return node_set_reason(why, SN_ERR_UNSUPPORTED, "this firmware has links over tcp only");
    }
    return SN_OK;
}

sn_error node_need_link(sn_node *node, const sn_request *request, node_reason *why) {
    sn_via via = SN_VIA_NONE;
    sn_error code = parse_via(request, &via, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->link.state != NODE_LINK_UP || node->link.via != via) {
        return node_set_reason(why, SN_ERR_LINK_DOWN, "the link is not up: wait for its event after link state=up");
    }
    return SN_OK;
}

static sn_error open_link(sn_node *node, sn_via via, node_reason *why) {
    bool is_tail = node->slot.role == SN_ROLE_TAIL;
    if (node->link.state == NODE_LINK_OPENING || node->link.state == NODE_LINK_GREETING ||
        node->work.state != NODE_WORK_IDLE || node->echo.active) {
        return node_set_reason(why, SN_ERR_BUSY, "the link is being opened or is in use");
    }
    if (!is_tail && node->edge_port == 0) {
        return node_set_reason(why, SN_ERR_BAD_ARGUMENT, "no edge server is known: name it by edge host=... port=...");
    }
    if (node->link.state == NODE_LINK_UP) {
        node->port->link_close(node->port->ctx, node->link.via);
        reset(node);
    }
    sn_error code = node->port->link_open(node->port->ctx, via, node->edge_host, node->edge_port);
    if (code != SN_OK) {
        return node_set_reason(why, code, "opening the link could not be started");
    }
    node->link.via = via;
    node->link.state = NODE_LINK_OPENING;
    node->link.deadline = is_tail ? SN_NO_DEADLINE : node_now(node) + NODE_PATIENCE_US;
    return SN_OK;
}

sn_error node_request_link(sn_node *node, const sn_request *request, sn_text *answer, node_reason *why) {
    (void)answer;
    const char *state = sn_pairs_get(&request->arguments, "state");
    sn_via via = SN_VIA_NONE;
    sn_error code = parse_via(request, &via, why);
    if (code != SN_OK) {
        return code;
    }
    code = node_need_model(node, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->slot.role == SN_ROLE_FULL) {
        return node_set_reason(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "role full needs no link");
    }
    if (state != NULL && sn_equal(state, "up")) {
        return open_link(node, via, why);
    }
    if (state == NULL || !sn_equal(state, "down")) {
        return node_set_reason(why, SN_ERR_BAD_ARGUMENT, "state is up or down");
    }
    node->after_answer = close_on_request;
    if (node->link.state == NODE_LINK_DOWN) {
        node->link.via = via;
    }
    return SN_OK;
}

static void opened(sn_node *node, sn_via via) {
    node_link *link = &node->link;
    bool is_tail = node->slot.role == SN_ROLE_TAIL;
    bool asked = link->state == NODE_LINK_OPENING && link->via == via;
    if (node->model != NODE_MODEL_OPEN || (!is_tail && !asked)) {
        node->port->link_close(node->port->ctx, via);
        return;
    }
    if (link->state == NODE_LINK_GREETING || link->state == NODE_LINK_UP) {
        lose(node, SN_ERR_EDGE_LOST, SN_ERR_EDGE_LOST, "another peer has connected");
    }
    link->via = via;
    link->state = NODE_LINK_GREETING;
    if (is_tail) {
        link->deadline = node_now(node) + NODE_PATIENCE_US;
    } else {
        link->session = node->session;
        link->hello = ++node->last_message;
        node_send_hello(node, 0, link->hello);
        node_link_go_on(node);
    }
}

void node_link_changed(sn_node *node, sn_via via, sn_error code, const char *text) {
    if (code == SN_OK) {
        opened(node, via);
        return;
    }
    if (node->link.state == NODE_LINK_DOWN || node->link.via != via) {
        return;
    }
    node_reason reason;
    node_set_reason(&reason, code, text);
    lose(node, code, SN_ERR_EDGE_LOST, reason.text);
}

void node_link_receive(sn_node *node, sn_via via, const uint8_t *data, size_t length) {
    node_link *link = &node->link;
    while (length != 0 && (link->state == NODE_LINK_GREETING || link->state == NODE_LINK_UP) && link->via == via) {
        if (link->frame_held) {
            node_link_fail(node, SN_ERR_PROTOCOL, "the peer asks for more without taking what it has asked for");
            return;
        }
        size_t taken = 0;
        sn_stream_state state = sn_stream_push(&link->stream, data, length, &taken);
        data += taken;
        length -= taken;
        if (state == SN_STREAM_BAD) {
            node->stats.rx_bad_frame++;
            node_link_fail(node, SN_ERR_PROTOCOL, "the peer announces a frame that is too short or too long");
            return;
        }
        if (state == SN_STREAM_FRAME) {
            link->frame_held = true;
            link->frame_handled = !node_frame_needs_answer(node);
            if (link->frame_handled) {
                node_receive_frame(node);
            }
            node_link_go_on(node);
        }
    }
}

static void message_sent(sn_node *node) {
    uint8_t type = node->send.message.header.type;
    if (type == SN_FRAME_DATA || type == SN_FRAME_RESULT) {
        node_infer_sent(node);
    }
}

void node_link_go_on(sn_node *node) {
    node_link *link = &node->link;
    while (link->state == NODE_LINK_GREETING || link->state == NODE_LINK_UP) {
        bool is_reply = node->send.active && node->send.message.header.type == SN_FRAME_ECHO_REPLY;
        if (link->frame_held && link->frame_handled && !is_reply) {
            link->frame_held = false;
            sn_stream_next(&link->stream);
        }
        if (node->send.active) {
            if (!node_send_step(node)) {
                return;
            }
            message_sent(node);
        } else if (link->frame_held) {
            link->frame_handled = true;
            node_receive_frame(node);
        } else if (node->work.state == NODE_WORK_READY) {
            node_infer_send(node);
        } else {
            return;
        }
    }
}

void node_link_timer(sn_node *node, uint64_t now) {
    node_link *link = &node->link;
    if (link->state == NODE_LINK_OPENING && now >= link->deadline) {
        node_link_fail(node, SN_ERR_EDGE_UNREACHABLE, "no connection to the edge server within 10 s");
    } else if (link->state == NODE_LINK_GREETING && now >= link->deadline) {
        node_link_fail(node, SN_ERR_EDGE_TIMEOUT, "the peer did not complete the HELLO exchange within 10 s");
    } else if (node->send.active && now >= node->send.deadline) {
        node_link_fail(node, SN_ERR_EDGE_TIMEOUT, "the peer did not take a message within 10 s");
    }
}
