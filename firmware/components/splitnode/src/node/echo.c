/* SPDX-License-Identifier: MIT */
/* Round trips that the host asks for; their payload is whatever the image's memory holds. */
#include "node/echo.h"

#include <string.h>

#include "link/link.h"
#include "node/link_request.h"
#include "node/report.h"
#include "node/state.h"
#include "node/update.h"

static void send_echo(sn_node *node) {
    sn_link_send(&node->link, SN_FRAME_ECHO, 0, node->echo.message, (sn_bytes){node->memory.image, node->echo.size},
                 (sn_bytes){0});
}

static bool is_going_out(const sn_node *node) {
    return node->echo.active && node->echo.deadline == SN_NO_DEADLINE;
}

bool sn_node_echo_uses_image(const sn_node *node) { /* one that the peer has refused may still be on its way out */
    return node->echo.active || sn_link_is_sending(&node->link) == SN_FRAME_ECHO;
}

void sn_node_echo_send_again(sn_node *node) {
    if (node->echo.active) {
        send_echo(node);
    }
}

void sn_node_echo_sent(sn_node *node, uint32_t id) {
    if (is_going_out(node) && id == node->echo.message) {
        node->echo.deadline = sn_node_now(node) + SN_LINK_PATIENCE_US;
    }
}

static void go_on(sn_node *node) {
    sn_link_go_on(&node->link);
}

sn_error sn_node_request_rtt(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *size_text = sn_pairs_get(&request->arguments, "size");
    uint32_t size = 0;
    if (sn_node_is_tail(node)) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "role tail only answers: ask for it on the head");
    }
    sn_error code = sn_node_need_link(node, request, why);
    if (code != SN_OK) {
        return code;
    }
    uint32_t most = node->memory.receive_capacity - SN_HEADER_SIZE - sn_link_overhead(&node->link);
    if (most > node->memory.image_capacity) {
        most = node->memory.image_capacity;
    }
    if (size_text == NULL || !sn_parse_u32(size_text, &size) || size > most) {
        sn_text text = sn_reason_begin(why, SN_ERR_BAD_ARGUMENT);
        sn_text_add(&text, "size is the number of bytes to send, 0 to ");
        sn_text_add_u64(&text, most);
        return sn_reason_end(why, &text);
    }
    if (node->echo.active || node->work.state != NODE_WORK_IDLE || !sn_link_is_free(&node->link)) {
        return sn_reason_set(why, SN_ERR_BUSY, "an inference or a round trip is under way");
    }
    code = sn_node_need_no_update(node, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->upload.state == SN_UPLOAD_RUNNING) {
        return sn_reason_set(why, SN_ERR_BUSY, "an image is on its way to the board");
    }
    node->echo = (sn_node_echo){
        .active = true,
        .message = sn_link_new_id(&node->link),
        .size = size,
        .start_us = sn_node_now(node),
        .deadline = SN_NO_DEADLINE,
    };
    node->link.cost = (sn_link_cost){0};
    send_echo(node);
    node->after_answer = go_on;
    sn_text_pair_u64(answer, "id", node->echo.message);
    return SN_OK;
}

void sn_node_echo_answer(sn_node *node, const sn_header *header, const sn_body *body) {
    sn_link_send(&node->link, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, header->message, body->payload, (sn_bytes){0});
}

static void end_with_failure(sn_node *node, sn_error code, const char *text) {
    node->echo.active = false;
    sn_text line = sn_node_begin_event(node, "rtt");
    sn_text_pair_u64(&line, "id", node->echo.message);
    sn_node_add_failure(&line, "err", code, text);
    sn_node_end_line(node, &line);
}

bool sn_node_echo_reply(sn_node *node, const sn_header *header, const sn_body *body) {
    sn_node_echo *echo = &node->echo;
    if (!echo->active || header->message != echo->message || !sn_link_is_free(&node->link)) {
        return false;
    }
    if (body->payload.length != echo->size || memcmp(body->payload.data, node->memory.image, echo->size) != 0) {
        end_with_failure(node, SN_ERR_PROTOCOL, "the reply is not what was sent");
        return true;
    }
    echo->active = false;
    sn_text line = sn_node_begin_event(node, "rtt");
    sn_text_pair_u64(&line, "id", echo->message);
    sn_text_pair(&line, "state", "ok");
    sn_text_pair_u64(&line, "us", sn_node_now(node) - echo->start_us);
    sn_node_add_cost(&line, &node->link.cost);
    sn_node_end_line(node, &line);
    return true;
}

void sn_node_echo_refused(sn_node *node, uint32_t id, const sn_reason *reason) {
    if (node->echo.active && id == node->echo.message) {
        end_with_failure(node, reason->code, reason->text);
    }
}

void sn_node_echo_link_lost(sn_node *node, sn_error code, const char *text) {
    if (node->echo.active) {
        end_with_failure(node, code, text);
    }
}

void sn_node_echo_timer(sn_node *node, uint64_t now) {
    if (node->echo.active && now >= node->echo.deadline) {
        sn_link_give_up(&node->link);
        end_with_failure(node, SN_ERR_EDGE_TIMEOUT, "no reply within 10 s");
    }
}
