/* SPDX-License-Identifier: MIT */
/* One inference, whose it may be. */
#ifndef SPLITNODE_NODE_INFER_H
#define SPLITNODE_NODE_INFER_H

#include "base/bytes.h"
#include "node/request.h"
#include "node/result.h"
#include "wire/message.h"

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
} node_work;

node_request node_request_infer;

void node_infer_invoked(sn_node *node, sn_error code, const char *text, sn_bytes output);
/* Role tail: starts on an activation, or answers ERROR. */
void node_infer_activation(sn_node *node, const sn_header *header, const sn_body *body);
/* Sends the outcome, if one is ready. */
void node_infer_send(sn_node *node);
/* Message `id` has gone out: DATA or RESULT, if it is this inference's. */
void node_infer_sent(sn_node *node, uint32_t id);
/* RESULT; false if nobody waits for it. */
bool node_infer_result(sn_node *node, const sn_header *header, const sn_body *body);
/* Message `id` will not be answered, or its answer is not wanted any more. */
void node_infer_refused(sn_node *node, uint32_t id, const sn_reason *reason);
void node_infer_link_lost(sn_node *node, sn_error code, const char *text);
void node_infer_timer(sn_node *node, uint64_t now);
/* Role head: is an inference under way? And its activation once more, over a new connection. */
bool node_infer_is_owed(const sn_node *node);
void node_infer_send_again(sn_node *node);

#endif
