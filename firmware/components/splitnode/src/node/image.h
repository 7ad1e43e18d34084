/* SPDX-License-Identifier: MIT */
/* Binary frames of the host, and the image's way into memory. */
#ifndef SPLITNODE_NODE_IMAGE_H
#define SPLITNODE_NODE_IMAGE_H

#include <stddef.h>

#include "node/request.h"

node_request node_request_image;

void node_handle_frame(sn_node *node, const uint8_t *data, size_t length);
void node_handle_bad_frame(sn_node *node);

#endif
