/* SPDX-License-Identifier: MIT */
#ifndef SPLITNODE_NODE_REQUESTS_H
#define SPLITNODE_NODE_REQUESTS_H

#include "splitnode/node.h"

void sn_node_handle_line(sn_node *node, char *line);
void sn_node_refuse_long_line(sn_node *node);

#endif
