/* SPDX-License-Identifier: MIT */
/* The verb `link`. */
#ifndef SPLITNODE_NODE_LINK_REQUEST_H
#define SPLITNODE_NODE_LINK_REQUEST_H

#include "node/request.h"

sn_node_request sn_node_request_link;

/* Refuses unless the link that the request names has been greeted. */
sn_error sn_node_need_link(sn_node *node, const sn_request *request, sn_reason *why);

#endif
