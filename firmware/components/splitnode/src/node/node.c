/* SPDX-License-Identifier: MIT */
/* The events of the port, and the model's way from slot to readiness. */
#include "node/internal.h"

#include <string.h>

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t next_deadline(sn_node *node) {
    if (node->read.active) {
        return node_now(node);
    }
    uint64_t next = node_link_deadline(node);
    if (node->work.state == NODE_WORK_WAITING) {
        next = earlier(next, node->work.deadline);
    }
    if (node->echo.active) {
        next = earlier(next, node->echo.deadline);
    }
    return next;
}

size_t sn_node_size(void) {
    return sizeof(sn_node);
}

static void model_fails(sn_node *node, sn_error code, const char *text) {
    node->model = NODE_MODEL_NONE;
    sn_reason_set(&node->model_failure, code, text);
    sn_text line = node_begin_log(node, 'E');
    sn_text_add(&line, sn_error_name(code));
    sn_text_add(&line, ": ");
    sn_text_add(&line, node->model_failure.text);
    node_end_log(node, &line);
}

/* Do the tensors fit into the port's memory? What passes over a link has a header and a body around it. */
static bool tensors_fit(const sn_node *node) {
    const sn_slot *slot = &node->slot;
    if (slot->role == SN_ROLE_TAIL) {
        return (uint64_t)slot->input.size + SN_HEADER_SIZE + SN_BODY_OVERHEAD <= node->memory.receive_capacity &&
               slot->output.size <= node->memory.output_capacity;
    }
    return slot->input.size <= node->memory.image_capacity &&
           (slot->role == SN_ROLE_HEAD || slot->output.size <= node->memory.output_capacity);
}

static void open_model(sn_node *node) {
    const char *why = NULL;
    sn_error code = sn_slot_load(&node->slot, node->port, &why);
    if (code == SN_OK && !tensors_fit(node)) {
        code = SN_ERR_TENSOR_SIZE;
        why = "the model's tensors are larger than the board's buffers";
    }
    if (code == SN_OK) {
        node->model = NODE_MODEL_OPENING;
        code = node->port->model_open(node->port->ctx, SN_SLOT_HEADER, node->slot.length);
        why = "the model cannot be opened";
    }
    if (code != SN_OK) {
        model_fails(node, code, why);
    }
}

uint64_t sn_node_init(sn_node *storage, const sn_port *port, const sn_identity *identity, const sn_memory *memory) {
    sn_node *node = storage;
    memset(node, 0, sizeof *node);
    node->port = port;
    node->identity = identity;
    node->memory = *memory;
    node->session = port->random_u32(port->ctx);
    node->app_on_trial = identity->app_on_trial;
    node->model_on_trial = identity->model_on_trial;
    node_stream_reset(node);

    sn_text line = node_begin_log(node, 'I');
    sn_text_add(&line, "version ");
    sn_text_add(&line, identity->version);
    sn_text_add(&line, ", source ");
    sn_text_add(&line, identity->source_digest);
    sn_text_add(&line, ", reset by ");
    sn_text_add(&line, identity->reset_reason);
    node_end_log(node, &line);
    open_model(node);
    return next_deadline(node);
}

uint64_t sn_node_on_model(sn_node *node, sn_error code, const char *text, uint32_t arena_used, uint32_t input_size,
                          uint32_t output_size) {
    if (node->model != NODE_MODEL_OPENING) {
        return next_deadline(node);
    }
    if (code == SN_OK && (input_size != node->slot.input.size || output_size != node->slot.output.size)) {
        code = SN_ERR_TENSOR_SIZE;
        text = "the model's tensors are not those of the slot's header";
    }
    if (code != SN_OK) {
        model_fails(node, code, text);
        return next_deadline(node);
    }
    node->model = NODE_MODEL_OPEN;
    node->arena_used = arena_used;
    sn_text line = node_begin_log(node, 'I');
    sn_text_add(&line, "role ");
    sn_text_add(&line, sn_role_name(node->slot.role));
    sn_text_add(&line, ", model ");
    sn_text_add_hex(&line, node->slot.model_id, 8);
    sn_text_pair(&line, "name", node->slot.name);
    if (node->slot.cut[0] != '\0') {
        sn_text_pair(&line, "cut", node->slot.cut);
    }
    sn_text_add(&line, ", arena ");
    sn_text_add_u64(&line, arena_used);
    sn_text_add(&line, " of ");
    sn_text_add_u64(&line, node->identity->arena_size);
    sn_text_add(&line, " bytes");
    node_end_log(node, &line);
    return next_deadline(node);
}

uint64_t sn_node_on_console(sn_node *node, const uint8_t *data, size_t length) {
    sn_console *console = &node->console;
    for (size_t i = 0; i < length; i++) {
        switch (sn_console_push(console, data[i])) {
        case SN_CONSOLE_LINE:
            node_handle_line(node, (char *)console->buffer);
            break;
        case SN_CONSOLE_LONG_LINE:
            node_refuse_long_line(node);
            break;
        case SN_CONSOLE_FRAME:
            node_handle_frame(node, console->buffer, console->length);
            break;
        case SN_CONSOLE_BAD_FRAME:
            node_handle_bad_frame(node);
            break;
        case SN_CONSOLE_NOTHING:
            break;
        }
    }
    return next_deadline(node);
}

uint64_t sn_node_on_timer(sn_node *node) {
    uint64_t now = node_now(node);
    node_read_step(node);
    node_link_timer(node, now);
    node_infer_timer(node, now);
    node_echo_timer(node, now);
    return next_deadline(node);
}

uint64_t sn_node_on_invoked(sn_node *node, sn_error code, const char *text, const uint8_t *output, uint32_t length) {
    node_infer_invoked(node, code, text, (sn_bytes){output, length});
    return next_deadline(node);
}

uint64_t sn_node_on_wifi(sn_node *node, sn_error code, const char *text, const char *ip) {
    sn_text line = node_begin_event(node, "wifi");
    if (code == SN_OK) {
        sn_text_pair(&line, "state", "up");
        sn_text_pair(&line, "ip", ip != NULL ? ip : "");
    } else {
        sn_reason reason;
        sn_reason_set(&reason, code, text);
        node_add_failure(&line, "down", code, reason.text);
    }
    node_end_line(node, &line);
    return next_deadline(node);
}

/* Does an event of this link concern the gateway? */
static bool is_gateways(const sn_node *node, sn_via via) {
    return node->gateway.active && via == SN_VIA_ESPNOW;
}

uint64_t sn_node_on_link(sn_node *node, sn_via via, sn_error code, const char *text) {
    if (is_gateways(node, via)) {
        node_gateway_changed(node, code, text);
    } else {
        node_link_changed(node, via, code, text);
    }
    return next_deadline(node);
}

uint64_t sn_node_on_receive(sn_node *node, sn_via via, const sn_source *from, const uint8_t *data, size_t length) {
    if (is_gateways(node, via)) {
        node_gateway_receive(node, from, data, length);
    } else if (via == node->link.via) {
        if (node_has_stream(node)) {
            node_stream_receive(node, data, length);
        } else {
            node_frames_receive(node, from, data, length);
        }
    }
    return next_deadline(node);
}

uint64_t sn_node_on_writable(sn_node *node, sn_via via) {
    if (is_gateways(node, via)) {
        node->gateway.is_full = false;
        node_gateway_go_on(node);
    } else if (via == node->link.via) {
        node->frames.is_full = false;
        node_link_go_on(node);
    }
    return next_deadline(node);
}
