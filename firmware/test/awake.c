/* SPDX-License-Identifier: MIT */
#include "awake.h"

#include "node/state.h"
#include "test.h"

static void check_deadlines(const sn_node *node) {
    bool listens = node_is_tail(node); /* for as long as it takes */
    CHECK(!node->frames.is_full);
    CHECK(!node->asking.active);
    CHECK(!node->echo.active);
    CHECK(!node->read.active);
    CHECK(listens || (node->link.state != NODE_LINK_OPENING && node->link.state != NODE_LINK_GREETING));
    CHECK(node->work.state == NODE_WORK_IDLE || node->work.state == NODE_WORK_INVOKING);
}

static void check_nothing_waits(const sn_node *node) {
    sn_fragment_out fragment;
    sn_exchange_out out;
    const node_asking *asking = &node->asking;
    bool answers = node->send.active && node->answering.state == NODE_ANSWER_KNOWN;
    CHECK_UINT(node->frames.note_length, 0);
    CHECK(!node->frames.ack_due);
    CHECK(node->work.state != NODE_WORK_READY || node->link.state != NODE_LINK_UP);
    if (node_is_tail(node)) {
        CHECK(!answers || (node_repeats(node) && !sn_sender_next(&node->answering.sender, &fragment)));
    } else if (node_repeats(node)) {
        CHECK(!asking->active || !sn_exchange_next(&asking->exchange, &out));
    } else {
        CHECK(!node->send.active);
    }
}

void awake_check(const fake_port *fake) {
    const sn_node *node = fake->node;
    bool is_open = node->link.state == NODE_LINK_GREETING || node->link.state == NODE_LINK_UP;
    if (fake->deadline == SN_NO_DEADLINE) {
        check_deadlines(node);
    }
    if (is_open && !node_has_stream(node) && !node->frames.is_full) {
        check_nothing_waits(node);
    }
    CHECK(is_open || !node->asking.active);
}
