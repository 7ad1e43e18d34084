/* SPDX-License-Identifier: MIT */
#include "node/link_events.h"

#include "link/link.h"
#include "node/echo.h"
#include "node/infer.h"
#include "node/report.h"
#include "node/state.h"

static void up(void *owner, bool again) {
    sn_node *node = owner;
    if (again) {
        sn_node_infer_send_again(node);
        sn_node_echo_send_again(node);
    } else {
        sn_node_report_link(node, node->link.via, SN_OK, NULL);
    }
}

static void down(void *owner, const sn_link_end *end) {
    sn_node *node = owner;
    if (end->what == SN_LINK_RESUMES) {
        sn_text line = sn_node_begin_log(node, 'W');
        sn_text_add(&line, "the connection was lost and is opened again: ");
        sn_text_add(&line, end->text);
        sn_node_end_log(node, &line);
        return;
    }
    if (end->what == SN_LINK_LOST) {
        sn_node_infer_link_lost(node, end->owed, end->text);
        sn_node_echo_link_lost(node, end->owed, end->text);
    }
    sn_node_report_link(node, end->via, end->code, end->text);
}

static bool take_data(sn_node *node, const sn_header *header, const sn_body *body) {
    if (sn_node_is_tail(node)) {
        sn_node_infer_activation(node, header, body);
    } else {
        sn_link_send_error(&node->link, header->message, SN_ERR_NOT_SUPPORTED_IN_ROLE, "a head takes no activations");
    }
    return true;
}

static bool message(void *owner, const sn_header *header, const sn_body *body) {
    sn_node *node = owner;
    switch ((sn_frame_type)header->type) {
    case SN_FRAME_DATA:
        return take_data(node, header, body);
    case SN_FRAME_RESULT:
        return sn_node_infer_result(node, header, body);
    case SN_FRAME_ECHO:
        sn_node_echo_answer(node, header, body);
        return true;
    case SN_FRAME_ECHO_REPLY:
        return sn_node_echo_reply(node, header, body);
    case SN_FRAME_HELLO:
    case SN_FRAME_ERROR:
    case SN_FRAME_ACK:
        break; /* the link's own */
    }
    return false;
}

static void sent(void *owner, uint32_t id, const sn_reason *failure) {
    sn_node *node = owner;
    if (failure == NULL) {
        sn_node_infer_sent(node, id);
        sn_node_echo_sent(node, id);
    } else {
        sn_node_infer_refused(node, id, failure);
        sn_node_echo_refused(node, id, failure);
    }
}

static void writable(void *owner) {
    sn_node_infer_send(owner);
}

const sn_link_events sn_node_link_events = {
    .up = up,
    .down = down,
    .message = message,
    .sent = sent,
    .writable = writable,
};
