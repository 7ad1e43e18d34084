/* SPDX-License-Identifier: MIT */
/* The state of a node: a console, a link, a gateway, and the application over them, of which each part belongs to the
 * file named beside it. */
#ifndef SPLITNODE_NODE_STATE_H
#define SPLITNODE_NODE_STATE_H

#include "base/reason.h"
#include "console/console.h"
#include "console/upload.h"
#include "gateway/gateway.h"
#include "link/link.h"
#include "model/slot.h"
#include "node/faults.h"
#include "node/result.h"
#include "splitnode/node.h"

#define NODE_LINE 1024u   /* longest line to the host; `info` with the longest names has 800 bytes */
#define NODE_MAC_TEXT 18u /* aa:bb:cc:dd:ee:ff and a zero */

/* peer.c */
typedef struct {
    char edge_host[SN_LINK_HOST];
    uint16_t edge_port;
    char mac[NODE_MAC_TEXT];
    uint8_t channel;
} sn_node_peer;

/* infer.c */
typedef struct {
    enum {
        NODE_WORK_IDLE,
        NODE_WORK_INVOKING,
        NODE_WORK_READY, /* the outcome waits for the message that is on its way out */
        NODE_WORK_SENDING,
        NODE_WORK_WAITING, /* role head: for RESULT */
    } state;
    bool abandoned; /* nobody waits for the outcome of this invoke any more */
    bool want_output;
    uint32_t message;
    sn_bytes output; /* of the model, in the port's memory; kept after the end for `read` */
    uint32_t output_crc;
    uint32_t input_crc;                /* role tail: of the activation received */
    uint8_t answer[NODE_RESULT_FIXED]; /* role tail: the beginning of RESULT */
    sn_reason failure;                 /* role tail: what to answer instead of RESULT, unless its code is SN_OK */
    uint64_t start_us, loaded_us, invoked_us, sent_us;
    uint64_t deadline; /* while waiting */
} sn_node_work;

/* echo.c */
typedef struct {
    bool active;
    uint32_t message;
    uint32_t size;
    uint64_t start_us;
    uint64_t deadline;
} sn_node_echo;

/* read.c */
typedef struct {
    bool active;
    sn_bytes source;
    uint32_t offset;
} sn_node_read;

/* update.c */
typedef struct {
    enum { NODE_UPDATE_NONE, NODE_UPDATE_RUNNING, NODE_UPDATE_DONE } state;
    sn_update what;
    uint32_t size;
    uint32_t next; /* bytes written so far */
    uint8_t sha256[32];
    uint8_t lead[12]; /* of a model's header, as it passes: its first fields, */
    uint32_t header_crc;
    uint8_t header_end[4]; /* and the CRC that it carries */
} sn_node_update;

typedef struct {
    uint32_t rx_bad_chunk, infer_ok, infer_err;
} sn_node_stats;

struct sn_node {
    const sn_port *port;
    const sn_identity *identity;
    sn_memory memory;
    uint32_t session;

    sn_slot slot;
    enum { NODE_MODEL_NONE, NODE_MODEL_OPENING, NODE_MODEL_OPEN } model;
    sn_reason model_failure; /* while there is none */
    uint32_t arena_used;

    sn_node_peer peer;
    uint32_t new_baud;
    sn_via to_close;        /* by request */
    uint32_t output_length; /* of what memory.output holds */

    sn_console console;
    sn_upload upload;
    sn_node_update update;
    bool app_on_trial, model_on_trial;
    sn_gateway gateway;
    sn_link link;
    sn_node_work work;
    sn_node_echo echo;
    sn_node_read read;
    sn_node_stats stats;
    void (*after_answer)(sn_node *node); /* what a request leaves to be done once its answer is out */
    char line[NODE_LINE];
#ifdef SN_TEST_BUILD
    sn_faults faults;
#endif
};

static inline uint64_t sn_node_now(sn_node *node) {
    return node->port->now_us(node->port->ctx);
}

static inline bool sn_node_is_tail(const sn_node *node) {
    return node->slot.role == SN_ROLE_TAIL;
}

#endif
