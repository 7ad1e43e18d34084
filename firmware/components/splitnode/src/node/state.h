/* SPDX-License-Identifier: MIT */
/* The state of a node: a console, a link, a gateway, and the application over them. */
#ifndef SPLITNODE_NODE_STATE_H
#define SPLITNODE_NODE_STATE_H

#include "base/reason.h"
#include "console/console.h"
#include "console/upload.h"
#include "gateway/gateway.h"
#include "link/link.h"
#include "model/slot.h"
#include "node/echo.h"
#include "node/infer.h"
#include "node/peer.h"
#include "node/read.h"
#include "node/update.h"
#include "splitnode/node.h"

#define NODE_LINE 1024u /* longest line to the host; `info` with the longest names has 800 bytes */

typedef struct {
    uint32_t rx_bad_chunk, infer_ok, infer_err;
} node_stats;

struct sn_node {
    const sn_port *port;
    const sn_identity *identity;
    sn_memory memory;
    uint32_t session;

    sn_slot slot;
    enum { NODE_MODEL_NONE, NODE_MODEL_OPENING, NODE_MODEL_OPEN } model;
    sn_reason model_failure; /* while there is none */
    uint32_t arena_used;

    node_peer peer;
    uint32_t new_baud;
    sn_via to_close;        /* by request */
    uint32_t output_length; /* of what memory.output holds */

    sn_console console;
    sn_upload upload;
    node_update update;
    bool app_on_trial, model_on_trial;
    sn_gateway gateway;
    sn_link link;
    node_work work;
    node_echo echo;
    node_read read;
    node_stats stats;
    void (*after_answer)(sn_node *node); /* what a request leaves to be done once its answer is out */
    char line[NODE_LINE];
};

static inline uint64_t node_now(sn_node *node) {
    return node->port->now_us(node->port->ctx);
}

static inline bool node_is_tail(const sn_node *node) {
    return node->slot.role == SN_ROLE_TAIL;
}

#endif
