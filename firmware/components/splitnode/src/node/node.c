/* SPDX-License-Identifier: MIT */
/* The events of the port, each passed on to the part of the node that it concerns. */
#include "splitnode/node.h"

#include <string.h>

#include "link/link.h"
#include "node/bridge.h"
#include "node/echo.h"
#include "node/image.h"
#include "node/infer.h"
#include "node/link_events.h"
#include "node/model.h"
#include "node/provoke.h"
#include "node/read.h"
#include "node/report.h"
#include "node/requests.h"
#include "node/state.h"

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t next_deadline(sn_node *node) {
    if (node->read.active) {
        return sn_node_now(node);
    }
    uint64_t next = sn_link_deadline(&node->link);
    if (node->work.state == NODE_WORK_WAITING) {
        next = earlier(next, node->work.deadline);
    }
    if (node->echo.active) {
        next = earlier(next, node->echo.deadline);
    }
    next = earlier(next, sn_node_provoke_deadline(node));
    return earlier(next, sn_console_deadline(&node->console));
}

size_t sn_node_size(void) {
    return sizeof(sn_node);
}

uint64_t sn_node_init(sn_node *storage, const sn_port *port, const sn_identity *identity, const sn_memory *memory) {
    sn_node *node = storage;
    memset(node, 0, sizeof *node);
    port = sn_node_provoke_through(node, port);
    node->port = port;
    node->identity = identity;
    node->memory = *memory;
    node->session = port->random_u32(port->ctx);
    node->app_on_trial = identity->app_on_trial;
    node->model_on_trial = identity->model_on_trial;
    sn_console_init(&node->console);
    sn_link_init(&node->link, port, memory->receive, memory->receive_capacity, node->session, &sn_node_link_events,
                 node);
    sn_gateway_init(&node->gateway, port, memory->receive, memory->receive_capacity, &sn_node_gateway_events, node);

    sn_text line = sn_node_begin_log(node, 'I');
    sn_text_add(&line, "version ");
    sn_text_add(&line, identity->version);
    sn_text_add(&line, ", source ");
    sn_text_add(&line, identity->source_digest);
    sn_text_add(&line, ", reset by ");
    sn_text_add(&line, identity->reset_reason);
    sn_node_end_log(node, &line);
    sn_node_open_model(node);
    return next_deadline(node);
}

uint64_t sn_node_on_model(sn_node *node, sn_error code, const char *text, uint32_t arena_used, uint32_t input_size,
                          uint32_t output_size) {
    sn_node_model_opened(node, code, text, arena_used, input_size, output_size);
    return next_deadline(node);
}

static void handle_console(sn_node *node, sn_console_event event) {
    sn_console *console = &node->console;
    switch (event) {
    case SN_CONSOLE_LINE:
        sn_node_handle_line(node, (char *)console->buffer);
        break;
    case SN_CONSOLE_LONG_LINE:
        sn_node_refuse_long_line(node);
        break;
    case SN_CONSOLE_FRAME:
        sn_node_handle_frame(node, console->buffer, console->length);
        break;
    case SN_CONSOLE_BAD_FRAME:
        sn_node_handle_bad_frame(node);
        break;
    case SN_CONSOLE_NOTHING:
        break;
    }
}

uint64_t sn_node_on_console(sn_node *node, const uint8_t *data, size_t length) {
    for (size_t i = 0; i < length; i++) {
        sn_console_event event = sn_console_push(&node->console, data[i]);
        if (event != SN_CONSOLE_NOTHING) {
            handle_console(node, event);
        }
    }
    if (sn_console_is_open(&node->console)) {
        sn_console_heard(&node->console, sn_node_now(node));
    }
    return next_deadline(node);
}

uint64_t sn_node_on_timer(sn_node *node) {
    uint64_t now = sn_node_now(node);
    handle_console(node, sn_console_on_timer(&node->console, now));
    sn_node_read_step(node);
    sn_via writable = sn_node_provoke_timer(node, now);
    if (writable != SN_VIA_NONE) {
        (void)sn_node_on_writable(node, writable);
    }
    sn_link_on_timer(&node->link, now);
    sn_node_infer_timer(node, now);
    sn_node_echo_timer(node, now);
    return next_deadline(node);
}

uint64_t sn_node_on_invoked(sn_node *node, sn_error code, const char *text, const uint8_t *output, uint32_t length) {
    if (sn_node_provoke_invoked(node)) {
        code = SN_ERR_INVOKE;
        text = "this invocation was to fail, as verb fail has asked";
        output = NULL;
        length = 0;
    }
    sn_node_infer_invoked(node, code, text, (sn_bytes){output, length});
    return next_deadline(node);
}

uint64_t sn_node_on_wifi(sn_node *node, sn_error code, const char *text, const char *ip) {
    sn_text line = sn_node_begin_event(node, "wifi");
    if (code == SN_OK) {
        sn_text_pair(&line, "state", "up");
        sn_text_pair(&line, "ip", ip != NULL ? ip : "");
    } else {
        sn_reason reason;
        sn_reason_set(&reason, code, text);
        sn_node_add_failure(&line, "down", code, reason.text);
    }
    sn_node_end_line(node, &line);
    return next_deadline(node);
}

/* Does an event of this link concern the gateway? */
static bool is_gateways(const sn_node *node, sn_via via) {
    return node->gateway.active && via == SN_VIA_ESPNOW;
}

uint64_t sn_node_on_link(sn_node *node, sn_via via, sn_error code, const char *text) {
    bool can_serve = node->model == NODE_MODEL_OPEN && !node->gateway.active;
    if (is_gateways(node, via)) {
        sn_gateway_on_change(&node->gateway, code, text);
    } else if (code == SN_OK && !can_serve) {
        node->port->link_close(node->port->ctx, via);
    } else {
        bool is_owed = sn_node_infer_is_owed(node) || node->echo.active;
        sn_link_on_change(&node->link, via, code, text, is_owed);
    }
    return next_deadline(node);
}

uint64_t sn_node_on_receive(sn_node *node, sn_via via, const sn_source *from, const uint8_t *data, size_t length) {
    if (is_gateways(node, via)) {
        sn_gateway_on_receive(&node->gateway, from, data, length);
    } else {
        sn_link_on_receive(&node->link, via, from, data, length);
    }
    return next_deadline(node);
}

bool sn_node_drop_foreign(sn_node *node, sn_via via, const uint8_t *data, size_t length) {
    return !is_gateways(node, via) && sn_link_drop_foreign(&node->link, via, data, length);
}

uint32_t sn_node_foreign(const sn_node *node) {
    const sn_link_counts *counts = &node->link.counts;
    return counts->rx_foreign + (sn_link_is_keyed(&node->link) ? counts->rx_duplicate : 0);
}

uint64_t sn_node_on_writable(sn_node *node, sn_via via) {
    if (is_gateways(node, via)) {
        sn_gateway_on_writable(&node->gateway);
    } else {
        sn_link_on_writable(&node->link, via);
    }
    return next_deadline(node);
}
