/* SPDX-License-Identifier: MIT */
/* What is being read out over the console, one chunk for each call of the timer. */
#ifndef SPLITNODE_NODE_READ_H
#define SPLITNODE_NODE_READ_H

#include "base/bytes.h"
#include "node/request.h"

sn_node_request sn_node_request_read;

void sn_node_read_step(sn_node *node);

#endif
