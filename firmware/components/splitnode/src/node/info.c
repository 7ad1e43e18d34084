/* SPDX-License-Identifier: MIT */
/* What the board says about itself. */
#include "node/info.h"

#include "link/link.h"
#include "node/key.h"
#include "node/provoke.h"
#include "node/state.h"

static void add_tensor(sn_text *answer, const char *key, const sn_tensor *tensor) {
    char shape[80];
    sn_text text;
    sn_text_init(&text, shape, sizeof shape);
    sn_text_add(&text, sn_dtype_name(tensor->dtype));
    for (uint8_t i = 0; i < tensor->rank; i++) {
        sn_text_add(&text, i == 0 ? ":" : "x");
        sn_text_add_u64(&text, tensor->dims[i]);
    }
    sn_text_pair_bytes(answer, key, shape, text.length);
}

/* `busy` while the model is being opened. */
static const char *slot_state(const sn_node *node) {
    if (node->model == NODE_MODEL_OPEN) {
        return "ok";
    }
    if (node->model == NODE_MODEL_OPENING) {
        return sn_error_name(SN_ERR_BUSY);
    }
    return node->model_failure.code == SN_ERR_NO_MODEL ? "empty" : sn_error_name(node->model_failure.code);
}

/* What runs on trial. */
static const char *trial(const sn_node *node) {
    if (node->app_on_trial) {
        return node->model_on_trial ? "both" : "app";
    }
    return node->model_on_trial ? "model" : "none";
}

sn_error sn_node_request_info(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)request;
    (void)why;
    const sn_identity *identity = node->identity;
    const sn_slot *slot = &node->slot;
    sn_text_pair(answer, "fw", identity->version);
    sn_text_pair(answer, "src", identity->source_digest);
    sn_text_pair_u64(answer, "proto", SN_PROTOCOL_VERSION);
    sn_text_pair(answer, "chip", identity->chip);
    sn_text_pair(answer, "mac", identity->mac);
    sn_text_pair_u64(answer, "simulated", identity->simulated);
    sn_text_pair(answer, "kernels", identity->kernels);
    sn_text_pair(answer, "role", node->gateway.active ? "gateway" : sn_role_name(slot->role));
    sn_text_pair(answer, "slot", slot_state(node));
    if (slot->role != SN_ROLE_NONE) {
        sn_text_pair_hex(answer, "model", slot->model_id);
        sn_text_pair(answer, "name", slot->name);
        sn_text_pair(answer, "cut", slot->cut[0] != '\0' ? slot->cut : "-");
        add_tensor(answer, "in", &slot->input);
        add_tensor(answer, "out", &slot->output);
    } else {
        static const char *const absent[] = {"model", "name", "cut", "in", "out"};
        for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
            sn_text_pair(answer, absent[i], "-");
        }
    }
    sn_text_pair_u64(answer, "arena", identity->arena_size);
    sn_text_pair_u64(answer, "arena_used", node->arena_used);
    sn_text_pair_u64(answer, "psram", identity->psram_size);
    sn_text_pair_u64(answer, "flash", identity->flash_size);
    sn_text_pair(answer, "app", identity->app_slot != NULL ? identity->app_slot : "-");
    sn_text_pair(answer, "model_slot", identity->model_slot != NULL ? identity->model_slot : "-");
    sn_text_pair(answer, "trial", trial(node));
    sn_text_pair_u64(answer, "test", identity->test_build);
    sn_node_add_key(node, answer);
    sn_text_pair(answer, "reset", identity->reset_reason);
    sn_text_pair_hex(answer, "boot", node->session);
    return SN_OK;
}

static void add_figures(const sn_node *node, sn_text *answer) {
    static const char *const keys[] = {"heap_free", "heap_least", "heap_block", "dma_free",
                                       "dma_least", "dma_block",  "psram_free", "psram_least"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const uint32_t figure = node->port->figure(node->port->ctx, (sn_figure)i);
        if (figure != SN_NO_FIGURE) {
            sn_text_pair_u64(answer, keys[i], figure);
        }
    }
}

/* What does not fit on the line is left out whole. */
static void add_stacks(const sn_node *node, sn_text *answer) {
    sn_stack stack;
    uint32_t index = 0;
    for (const char *lead = " stacks="; node->port->next_stack(node->port->ctx, &index, &stack); lead = ",") {
        const size_t before = answer->length;
        sn_text_add(answer, lead);
        sn_text_add(answer, stack.task);
        sn_text_add(answer, ":");
        sn_text_add_u64(answer, stack.reserve);
        if (answer->overflow) {
            answer->length = before;
            return;
        }
    }
}

sn_error sn_node_request_stats(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)request;
    (void)why;
    const sn_node_stats *stats = &node->stats;
    const sn_link_counts *link = &node->link.counts;
    const sn_gateway_counts *gateway = &node->gateway.counts;
    sn_text_pair_u64(answer, "rx_bad_frame", link->rx_bad_frame);
    sn_text_pair_u64(answer, "rx_bad_crc", link->rx_bad_crc);
    sn_text_pair_u64(answer, "rx_bad_chunk", stats->rx_bad_chunk + gateway->bad_records);
    sn_text_pair_u64(answer, "tx_messages", link->tx_messages);
    sn_text_pair_u64(answer, "rx_messages", link->rx_messages);
    sn_text_pair_u64(answer, "infer_ok", stats->infer_ok);
    sn_text_pair_u64(answer, "infer_err", stats->infer_err);
    sn_text_pair_u64(answer, "uptime_us", sn_node_now(node));
    sn_text_pair_u64(answer, "tx_frames", link->tx_frames + gateway->tx_frames);
    sn_text_pair_u64(answer, "tx_bytes", link->tx_bytes + gateway->tx_bytes);
    sn_text_pair_u64(answer, "rx_frames", link->rx_frames + gateway->rx_frames);
    sn_text_pair_u64(answer, "rx_bytes", link->rx_bytes + gateway->rx_bytes);
    sn_text_pair_u64(answer, "resent", link->resent);
    sn_text_pair_u64(answer, "polls", link->polls);
    sn_text_pair_u64(answer, "rx_duplicate", link->rx_duplicate);
    sn_text_pair_u64(answer, "rx_foreign", link->rx_foreign);
    sn_text_pair_u64(answer, "gw_dropped", gateway->dropped);
    sn_node_provoke_stats(node, answer);
    add_figures(node, answer);
    add_stacks(node, answer);
    return SN_OK;
}
