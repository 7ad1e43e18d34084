/* SPDX-License-Identifier: MIT */
/* What the link's events mean to the node. */
#ifndef SPLITNODE_NODE_LINK_EVENTS_H
#define SPLITNODE_NODE_LINK_EVENTS_H

#include "link/link.h"

extern const sn_link_events sn_node_link_events; /* their owner is the node */

#endif
