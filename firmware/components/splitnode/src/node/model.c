/* SPDX-License-Identifier: MIT */
#include "node/model.h"

#include "link/link.h"
#include "node/report.h"
#include "node/state.h"

static void model_fails(sn_node *node, sn_error code, const char *text) {
    node->model = NODE_MODEL_NONE;
    sn_reason_set(&node->model_failure, code, text);
    sn_text line = sn_node_begin_log(node, 'E');
    sn_text_add(&line, sn_error_name(code));
    sn_text_add(&line, ": ");
    sn_text_add(&line, node->model_failure.text);
    sn_node_end_log(node, &line);
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

void sn_node_open_model(sn_node *node) {
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

/* The link says in HELLO what will pass over it. */
static void introduce(sn_node *node) {
    const sn_slot *slot = &node->slot;
    const sn_tensor *crossing = slot->role == SN_ROLE_HEAD ? &slot->output : &slot->input;
    if (slot->role == SN_ROLE_FULL) {
        return; /* it needs no link */
    }
    sn_link_introduce(&node->link, &(sn_greeting){
                                       .role = slot->role,
                                       .dtype = (uint8_t)crossing->dtype,
                                       .size = crossing->size,
                                       .classes = slot->classes,
                                       .model_id = slot->model_id,
                                   });
}

void sn_node_model_opened(sn_node *node, sn_error code, const char *text, uint32_t arena_used, uint32_t input_size,
                          uint32_t output_size) {
    if (node->model != NODE_MODEL_OPENING) {
        return;
    }
    if (code == SN_OK && (input_size != node->slot.input.size || output_size != node->slot.output.size)) {
        code = SN_ERR_TENSOR_SIZE;
        text = "the model's tensors are not those of the slot's header";
    }
    if (code != SN_OK) {
        model_fails(node, code, text);
        return;
    }
    node->model = NODE_MODEL_OPEN;
    node->arena_used = arena_used;
    introduce(node);
    sn_text line = sn_node_begin_log(node, 'I');
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
    sn_node_end_log(node, &line);
}

sn_error sn_node_need_model(sn_node *node, sn_reason *why) {
    switch (node->model) {
    case NODE_MODEL_OPEN:
        return SN_OK;
    case NODE_MODEL_OPENING:
        return sn_reason_set(why, SN_ERR_BUSY, "the model is still being opened");
    case NODE_MODEL_NONE:
        break;
    }
    *why = node->model_failure;
    return why->code;
}
