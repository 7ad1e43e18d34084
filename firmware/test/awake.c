/* SPDX-License-Identifier: MIT */
#include "awake.h"

#include "link/internal.h"
#include "node/state.h"
#include "test.h"

static void check_deadlines(const sn_node *node) {
    bool listens = sn_node_is_tail(node); /* for as long as it takes */
    CHECK(!node->link.frames.is_full);
    CHECK(!node->link.asking.active);
    CHECK(!node->echo.active);
    CHECK(!node->read.active);
    CHECK(listens || (node->link.state != SN_LINK_OPENING && node->link.state != SN_LINK_GREETING));
    CHECK(node->work.state == NODE_WORK_IDLE || node->work.state == NODE_WORK_INVOKING);
}

static void check_nothing_waits(const sn_node *node) {
    sn_fragment_out fragment;
    sn_exchange_out out;
    const sn_link_asking *asking = &node->link.asking;
    bool answers = node->link.sending.active && node->link.answering.state == SN_LINK_ANSWER_KNOWN;
    CHECK_UINT(node->link.frames.note_length, 0);
    CHECK(!node->link.frames.ack_due);
    CHECK(node->work.state != NODE_WORK_READY || node->link.state != SN_LINK_UP);
    if (sn_node_is_tail(node)) {
        CHECK(!answers || (sn_link_repeats(&node->link) && !sn_sender_next(&node->link.answering.sender, &fragment)));
    } else if (sn_link_repeats(&node->link)) {
        CHECK(!asking->active || !sn_exchange_next(&asking->exchange, &out));
    } else {
        CHECK(!node->link.sending.active);
    }
}

void awake_check(const fake_port *fake) {
    const sn_node *node = fake->node;
    bool is_open = node->link.state == SN_LINK_GREETING || node->link.state == SN_LINK_UP;
    if (fake->deadline == SN_NO_DEADLINE) {
        check_deadlines(node);
    }
    if (is_open && !sn_link_has_stream(&node->link) && !node->link.frames.is_full) {
        check_nothing_waits(node);
    }
    CHECK(is_open || !node->link.asking.active);
}
