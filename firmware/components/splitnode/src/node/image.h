/* SPDX-License-Identifier: MIT */
/* Binary frames of the host, and the image's way into memory. */
#ifndef SPLITNODE_NODE_IMAGE_H
#define SPLITNODE_NODE_IMAGE_H

#include <stddef.h>

#include "node/request.h"

sn_node_request sn_node_request_image;

void sn_node_handle_frame(sn_node *node, const uint8_t *data, size_t length);
void sn_node_handle_bad_frame(sn_node *node);

#endif
