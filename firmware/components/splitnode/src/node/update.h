/* SPDX-License-Identifier: MIT */
/* A new application or model, on its way into the partition that is not in use. */
#ifndef SPLITNODE_NODE_UPDATE_H
#define SPLITNODE_NODE_UPDATE_H

#include "console/chunk.h"
#include "node/request.h"

sn_node_request sn_node_request_update;

/* Takes a chunk that goes on where the last one ended; false for any other. */
bool sn_node_update_push(sn_node *node, const sn_chunk *chunk);
void sn_node_update_report(sn_node *node);
/* Refuses while an update is on its way. */
sn_error sn_node_need_no_update(sn_node *node, sn_reason *why);
void sn_node_update_forget(sn_node *node);

#endif
