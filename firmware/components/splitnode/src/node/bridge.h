/* SPDX-License-Identifier: MIT */
/* Role gateway. */
#ifndef SPLITNODE_NODE_BRIDGE_H
#define SPLITNODE_NODE_BRIDGE_H

#include "gateway/gateway.h"
#include "node/request.h"

sn_node_request sn_node_request_role;

extern const sn_gateway_events sn_node_gateway_events; /* their owner is the node */

#endif
