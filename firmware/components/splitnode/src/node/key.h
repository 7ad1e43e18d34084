/* SPDX-License-Identifier: MIT */
/* The key of section 1.8: it comes by the console only, and goes nowhere. */
#ifndef SPLITNODE_NODE_KEY_H
#define SPLITNODE_NODE_KEY_H

#include "node/request.h"

sn_node_request sn_node_request_key;

/* ` key=`: by what the key is told from another, or `none`. */
void sn_node_add_key(const sn_node *node, sn_text *answer);

#endif
