/* SPDX-License-Identifier: MIT */
/* The model's way from slot to readiness. */
#ifndef SPLITNODE_NODE_MODEL_H
#define SPLITNODE_NODE_MODEL_H

#include "base/reason.h"
#include "splitnode/node.h"

/* Checks the slot and has the port open the model. */
void sn_node_open_model(sn_node *node);
void sn_node_model_opened(sn_node *node, sn_error code, const char *text, uint32_t arena_used, uint32_t input_size,
                          uint32_t output_size);
/* Refuses while no model is open. */
sn_error sn_node_need_model(sn_node *node, sn_reason *why);

#endif
