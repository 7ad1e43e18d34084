/* SPDX-License-Identifier: MIT */
/* A new application or model, on its way into the partition that is not in use. */
#ifndef SPLITNODE_NODE_UPDATE_H
#define SPLITNODE_NODE_UPDATE_H

#include "console/chunk.h"
#include "node/request.h"

node_request node_request_update;

/* Takes a chunk that goes on where the last one ended; false for any other. */
bool node_update_push(sn_node *node, const sn_chunk *chunk);
void node_update_report(sn_node *node);
/* Refuses while an update is on its way. */
sn_error node_need_no_update(sn_node *node, sn_reason *why);
void node_update_forget(sn_node *node);

#endif
