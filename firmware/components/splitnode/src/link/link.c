/* SPDX-License-Identifier: MIT */
/* The connection to the peer: opened, greeted, used, lost. */
#include "node/internal.h"

#define ADVERTISING_US 30000000u /* for a host to find the board over BLE: a scan takes seconds */

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static void report_down(sn_node *node, sn_via via, sn_error code, const char *text) {
    sn_text line = node_begin_event(node, "link");
    sn_text_pair(&line, "via", node_via_name(via));
    node_add_failure(&line, "down", code, text);
    node_end_line(node, &line);
}

/* Forgets what was on its way over the connection. */
static void reset(sn_node *node) {
    node->link.state = NODE_LINK_DOWN;
    node->link.greeted = false;
    node->link.is_resuming = false;
    node_stream_reset(node);
    node_frames_end(node);
}

/* `owed` is the code for those who were waiting for an answer. */
static void lose(sn_node *node, sn_error code, sn_error owed, const char *text) {
    reset(node);
    node_answering_end(node);
    node_infer_link_lost(node, owed, text);
    node_echo_link_lost(node, owed, text);
    report_down(node, node->link.via, code, text);
}

void node_link_lose(sn_node *node, sn_error code, const char *text) {
    bool is_full = node->frames.is_full;
    lose(node, code, code, text);
    node->frames.is_full = is_full;
}

void node_link_fail(sn_node *node, sn_error code, const char *text) {
    node->port->link_close(node->port->ctx, node->link.via);
    lose(node, code, code, text);
}

static void close_on_request(sn_node *node) {
    node_link *link = &node->link;
    if (link->via != link->to_close || link->state == NODE_LINK_DOWN) {
        if (node_is_tail(node) && link->via == link->to_close) { /* it may still listen */
            node->port->link_close(node->port->ctx, link->via);
            node_answering_end(node);
        }
        report_down(node, link->to_close, SN_ERR_LINK_DOWN, "the link was down already");
    } else {
        node_link_fail(node, SN_ERR_LINK_DOWN, "the link was closed on request");
    }
}

static sn_error parse_via(const sn_request *request, sn_via *via, sn_reason *why) {
    const char *name = sn_pairs_get(&request->arguments, "via");
    if (name == NULL || !node_via_parse(name, via)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "via is the kind of link: tcp, udp, espnow or ble");
    }
    return SN_OK;
}

sn_error node_need_link(sn_node *node, const sn_request *request, sn_reason *why) {
    sn_via via = SN_VIA_NONE;
    sn_error code = parse_via(request, &via, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->link.state != NODE_LINK_UP || node->link.via != via) {
        return sn_reason_set(why, SN_ERR_LINK_DOWN, "the link is not up: wait for its event after link state=up");
    }
    return SN_OK;
}

static void begin_opening(sn_node *node, sn_via via) {
    bool waits_for_host = via == SN_VIA_BLE && node->peer_mac[0] == '\0';
    node->link.via = via;
    node->link.state = NODE_LINK_OPENING;
    node->link.deadline =
        node_is_tail(node) ? SN_NO_DEADLINE : node_now(node) + (waits_for_host ? ADVERTISING_US : NODE_PATIENCE_US);
}

static sn_error open_link(sn_node *node, sn_via via, sn_reason *why) {
    bool is_tail = node_is_tail(node);
    bool is_opening = node->link.state == NODE_LINK_OPENING || node->link.state == NODE_LINK_GREETING;
    if ((is_opening && !is_tail) || node->work.state != NODE_WORK_IDLE || node->echo.active) {
        return sn_reason_set(why, SN_ERR_BUSY, "the link is being opened or is in use");
    }
    if (node->link.state == NODE_LINK_UP || (is_tail && node->link.via != SN_VIA_NONE)) { /* a tail may listen */
        node->port->link_close(node->port->ctx, node->link.via);
        reset(node);
        node_answering_end(node);
    }
    sn_error code = node_peer_open(node, via, why);
    if (code == SN_OK) {
        begin_opening(node, via);
    }
    return code;
}

sn_error node_request_link(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)answer;
    const char *state = sn_pairs_get(&request->arguments, "state");
    sn_via via = SN_VIA_NONE;
    sn_error code = parse_via(request, &via, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->gateway.active) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE,
                             "a gateway carries frames for its host only: end that by role set=model");
    }
    code = node_need_model(node, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->slot.role == SN_ROLE_FULL) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "role full needs no link");
    }
    if (state != NULL && sn_equal(state, "up")) {
        return open_link(node, via, why);
    }
    if (state == NULL || !sn_equal(state, "down")) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "state is up or down");
    }
    node->after_answer = close_on_request;
    node->link.to_close = via;
    return SN_OK;
}

static void opened(sn_node *node, sn_via via) {
    node_link *link = &node->link;
    bool is_tail = node_is_tail(node);
    bool asked = link->state == NODE_LINK_OPENING && link->via == via;
    if (node->model != NODE_MODEL_OPEN || node->gateway.active || (!is_tail && !asked)) {
        node->port->link_close(node->port->ctx, via);
        return;
    }
    if (link->state == NODE_LINK_GREETING || link->state == NODE_LINK_UP) {
        lose(node, SN_ERR_EDGE_LOST, SN_ERR_EDGE_LOST, "another peer has connected");
    }
    link->via = via;
    link->state = NODE_LINK_GREETING;
    if (!node_has_stream(node) && !node_frames_begin(node)) {
        node_link_fail(node, SN_ERR_MTU, "the link's frames hold less than 128 bytes");
        return;
    }
    if (is_tail) { /* without a stream there may be no connection yet, just the way in */
        link->deadline = node_has_stream(node) ? node_now(node) + NODE_PATIENCE_US : SN_NO_DEADLINE;
        return;
    }
    link->deadline = earlier(link->deadline, node_now(node) + NODE_PATIENCE_US);
    link->session = node->session;
    link->hello = ++node->last_message;
    node_send_hello(node, 0, link->hello);
    node_link_go_on(node);
}

void node_link_greeted(sn_node *node) {
    node_link *link = &node->link;
    bool is_news = link->state != NODE_LINK_UP && !link->is_resuming;
    bool was_lost = link->is_resuming;
    link->greeted = true;
    link->state = NODE_LINK_UP;
    link->is_resuming = false;
    if (was_lost) {
        node_infer_send_again(node);
        node_echo_send_again(node);
    }
    if (is_news) {
        sn_text line = node_begin_event(node, "link");
        sn_text_pair(&line, "via", node_via_name(link->via));
        sn_text_pair(&line, "state", "up");
        node_end_line(node, &line);
    }
}

/* Over BLE a tail advertises again; the same head may come back for its answer. */
static void listen_again(sn_node *node, const sn_reason *reason) {
    sn_reason failure;
    reset(node);
    report_down(node, node->link.via, reason->code, reason->text);
    if (node_peer_open(node, node->link.via, &failure) == SN_OK) {
        begin_opening(node, node->link.via);
    } else {
        node_link_fail(node, failure.code, failure.text);
    }
}

/* Over BLE a head that is owed an answer opens the link again, without a word to the host. */
static bool resume(sn_node *node, const char *text) {
    node_link *link = &node->link;
    sn_reason ignored;
    uint64_t until = link->is_resuming ? link->deadline : SN_NO_DEADLINE;
    bool is_owed = node_infer_is_owed(node) || node->echo.active;
    bool was_connected = link->state == NODE_LINK_UP || (link->is_resuming && link->state == NODE_LINK_GREETING);
    if (node_is_tail(node) || link->via != SN_VIA_BLE || !is_owed || !was_connected) {
        return false;
    }
    reset(node);
    if (node_peer_open(node, link->via, &ignored) != SN_OK) {
        return false;
    }
    begin_opening(node, link->via);
    link->deadline = earlier(link->deadline, until); /* a peer that only comes and goes is given no more time */
    link->is_resuming = true;
    sn_text line = node_begin_log(node, 'W');
    sn_text_add(&line, "the connection was lost and is opened again: ");
    sn_text_add(&line, text);
    node_end_log(node, &line);
    return true;
}

void node_link_changed(sn_node *node, sn_via via, sn_error code, const char *text) {
    if (code == SN_OK) {
        opened(node, via);
        return;
    }
    if (node->link.state == NODE_LINK_DOWN || node->link.via != via) {
        return;
    }
    sn_reason reason;
    sn_reason_set(&reason, code, text);
    if (resume(node, reason.text)) {
        return;
    }
    bool was_connected = node->link.state != NODE_LINK_OPENING;
    if (node_is_tail(node) && via == SN_VIA_BLE && was_connected) {
        listen_again(node, &reason);
        return;
    }
    if (!node_is_tail(node) || !node_has_stream(node)) { /* a tail's TCP goes on listening */
        node->port->link_close(node->port->ctx, via);
    }
    lose(node, code, SN_ERR_EDGE_LOST, reason.text);
}

void node_link_go_on(sn_node *node) {
    if (node_has_stream(node)) {
        node_stream_go_on(node);
    } else {
        node_frames_go_on(node);
    }
}

/* When the driver must have taken what it was given. */
static uint64_t driver_deadline(const sn_node *node) {
    if (node_has_stream(node)) {
        return node->send.active ? node->send.deadline : SN_NO_DEADLINE;
    }
    return node->frames.is_full ? node->frames.deadline : SN_NO_DEADLINE;
}

uint64_t node_link_deadline(const sn_node *node) {
    uint64_t next = earlier(driver_deadline(node), node_asking_deadline(node));
    if (node->link.state == NODE_LINK_OPENING || node->link.state == NODE_LINK_GREETING) {
        next = earlier(next, node->link.deadline);
    }
    return next;
}

void node_link_timer(sn_node *node, uint64_t now) {
    node_link *link = &node->link;
    if (link->state == NODE_LINK_OPENING && now >= link->deadline) {
        node_link_fail(node, SN_ERR_EDGE_UNREACHABLE, "no connection to the edge server or the peer in time");
    } else if (link->state == NODE_LINK_GREETING && now >= link->deadline) {
        node_link_fail(node, SN_ERR_EDGE_TIMEOUT, "the peer did not complete the HELLO exchange within 10 s");
    } else if (now >= driver_deadline(node)) {
        node_link_fail(node, SN_ERR_EDGE_TIMEOUT, "the peer did not take a message within 10 s");
    } else {
        node_asking_timer(node, now);
    }
}
