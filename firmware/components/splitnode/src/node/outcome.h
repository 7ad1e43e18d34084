/* SPDX-License-Identifier: MIT */
/* What the host is told at the end of an inference, section 2.5. */
#ifndef SPLITNODE_NODE_OUTCOME_H
#define SPLITNODE_NODE_OUTCOME_H

#include "node/result.h"
#include "splitnode/node.h"

void sn_node_report_failure(sn_node *node, sn_error code, const char *text);
/* `end_us` is the end of the last stage. In role full there are no stages after invoke. */
void sn_node_report_result(sn_node *node, const sn_node_result *result, uint64_t end_us);

#endif
