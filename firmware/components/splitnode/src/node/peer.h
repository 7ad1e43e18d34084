/* SPDX-License-Identifier: MIT */
/* Who the peer is: the edge server of TCP and UDP, the other board of ESP-NOW and BLE. */
#ifndef SPLITNODE_NODE_PEER_H
#define SPLITNODE_NODE_PEER_H

#include "link/link.h"
#include "node/request.h"

sn_node_request sn_node_request_edge;
sn_node_request sn_node_request_peer;

sn_error sn_node_parse_channel(const sn_request *request, uint8_t *channel, sn_reason *why);
/* What link_open of port.h is to be told. Refuses if it has not been named. */
sn_error sn_node_peer_address(const sn_node *node, sn_via via, const char **host, uint16_t *port, sn_reason *why);

#endif
