/* SPDX-License-Identifier: MIT */
/* One inference, whose it may be. */
#ifndef SPLITNODE_NODE_INFER_H
#define SPLITNODE_NODE_INFER_H

#include "base/bytes.h"
#include "node/request.h"
#include "node/result.h"
#include "wire/message.h"

sn_node_request sn_node_request_infer;

void sn_node_infer_invoked(sn_node *node, sn_error code, const char *text, sn_bytes output);
/* Role tail: starts on an activation, or answers ERROR. */
void sn_node_infer_activation(sn_node *node, const sn_header *header, const sn_body *body);
/* Sends the outcome, if one is ready. */
void sn_node_infer_send(sn_node *node);
/* Message `id` has gone out: DATA or RESULT, if it is this inference's. */
void sn_node_infer_sent(sn_node *node, uint32_t id);
/* RESULT; false if nobody waits for it. */
bool sn_node_infer_result(sn_node *node, const sn_header *header, const sn_body *body);
/* Message `id` will not be answered, or its answer is not wanted any more. */
void sn_node_infer_refused(sn_node *node, uint32_t id, const sn_reason *reason);
void sn_node_infer_link_lost(sn_node *node, sn_error code, const char *text);
void sn_node_infer_timer(sn_node *node, uint64_t now);
/* Role head: is an inference under way? And its activation once more, over a new connection. */
bool sn_node_infer_is_owed(const sn_node *node);
void sn_node_infer_send_again(sn_node *node);

#endif
