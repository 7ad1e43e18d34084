/* SPDX-License-Identifier: MIT */
/* The verbs of the console. Each adds to the answer or gives the reason for refusing. */
#ifndef SPLITNODE_NODE_REQUEST_H
#define SPLITNODE_NODE_REQUEST_H

#include "base/reason.h"
#include "base/text.h"
#include "console/console.h"
#include "splitnode/node.h"

typedef sn_error sn_node_request(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why);

#endif
