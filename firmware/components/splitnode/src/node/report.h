/* SPDX-License-Identifier: MIT */
/* Lines to the host. One at a time: begin, add to it, end. */
#ifndef SPLITNODE_NODE_REPORT_H
#define SPLITNODE_NODE_REPORT_H

#include "base/text.h"
#include "console/console.h"
#include "link/link.h"
#include "splitnode/node.h"

sn_text sn_node_begin_log(sn_node *node, char level);
void sn_node_end_log(sn_node *node, sn_text *line);
sn_text sn_node_begin_event(sn_node *node, const char *name);
sn_text sn_node_begin_answer(sn_node *node, const sn_request *request, const char *word);
void sn_node_end_line(sn_node *node, sn_text *line);

/* " state=... code=... msg=..."; without the state if it is NULL. */
void sn_node_add_failure(sn_text *line, const char *state, sn_error code, const char *text);
void sn_node_add_cost(sn_text *line, const sn_link_cost *cost);

/* The event `link`; up with SN_OK. */
void sn_node_report_link(sn_node *node, sn_via via, sn_error code, const char *text);

const char *sn_node_via_name(sn_via via);
bool sn_node_via_parse(const char *name, sn_via *via);

#endif
