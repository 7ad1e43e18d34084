/* SPDX-License-Identifier: MIT */
/* A round trip that the host asks for. */
#ifndef SPLITNODE_NODE_ECHO_H
#define SPLITNODE_NODE_ECHO_H

#include "node/request.h"
#include "wire/message.h"

node_request node_request_rtt;

/* ECHO: sends its payload back from where it is. */
void node_echo_answer(sn_node *node, const sn_header *header, const sn_body *body);
/* ECHO_REPLY; false if nobody waits for it. */
bool node_echo_reply(sn_node *node, const sn_header *header, const sn_body *body);
/* Message `id` has gone out. */
void node_echo_sent(sn_node *node, uint32_t id);
void node_echo_refused(sn_node *node, uint32_t id, const sn_reason *reason);
void node_echo_link_lost(sn_node *node, sn_error code, const char *text);
void node_echo_timer(sn_node *node, uint64_t now);
/* Does it need the image's memory? */
bool node_echo_uses_image(const sn_node *node);
void node_echo_send_again(sn_node *node);

#endif
