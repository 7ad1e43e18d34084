/* SPDX-License-Identifier: MIT */
/* What the board says about itself. */
#ifndef SPLITNODE_NODE_INFO_H
#define SPLITNODE_NODE_INFO_H

#include "node/request.h"

sn_node_request sn_node_request_info;
sn_node_request sn_node_request_stats;

#endif
