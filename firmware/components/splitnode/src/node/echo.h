/* SPDX-License-Identifier: MIT */
/* A round trip that the host asks for. */
#ifndef SPLITNODE_NODE_ECHO_H
#define SPLITNODE_NODE_ECHO_H

#include "node/request.h"
#include "wire/message.h"

sn_node_request sn_node_request_rtt;

/* ECHO: sends its payload back from where it is. */
void sn_node_echo_answer(sn_node *node, const sn_header *header, const sn_body *body);
/* ECHO_REPLY; false if nobody waits for it. */
bool sn_node_echo_reply(sn_node *node, const sn_header *header, const sn_body *body);
/* Message `id` has gone out. */
void sn_node_echo_sent(sn_node *node, uint32_t id);
void sn_node_echo_refused(sn_node *node, uint32_t id, const sn_reason *reason);
void sn_node_echo_link_lost(sn_node *node, sn_error code, const char *text);
void sn_node_echo_timer(sn_node *node, uint64_t now);
/* Does it need the image's memory? */
bool sn_node_echo_uses_image(const sn_node *node);
void sn_node_echo_send_again(sn_node *node);

#endif
