/* SPDX-License-Identifier: MIT */
/*
 * What only a test build has: verbs for what cannot be brought about from outside, and the places in the node where
 * what they ask for happens. In a production build nothing of it is left.
 */
#ifndef SPLITNODE_NODE_PROVOKE_H
#define SPLITNODE_NODE_PROVOKE_H

#include <stdbool.h>
#include <stdint.h>

#include "node/request.h"
#include "splitnode/node.h"

#ifdef SN_TEST_BUILD

sn_node_request sn_node_request_crash, sn_node_request_hang, sn_node_request_fail, sn_node_request_counter;

/* The port that the node sees. */
const sn_port *sn_node_provoke_through(sn_node *node, const sn_port *machine);
/* An invocation has ended: is it to be taken for failed? */
bool sn_node_provoke_invoked(sn_node *node);
uint64_t sn_node_provoke_deadline(const sn_node *node);
/* The link, if any, that is writable again. */
sn_via sn_node_provoke_timer(sn_node *node, uint64_t now);
void sn_node_provoke_stats(const sn_node *node, sn_text *answer);

#else

static inline const sn_port *sn_node_provoke_through(sn_node *node, const sn_port *machine) {
    (void)node;
    return machine;
}

static inline bool sn_node_provoke_invoked(sn_node *node) {
    (void)node;
    return false;
}

static inline uint64_t sn_node_provoke_deadline(const sn_node *node) {
    (void)node;
    return SN_NO_DEADLINE;
}

static inline sn_via sn_node_provoke_timer(sn_node *node, uint64_t now) {
    (void)node, (void)now;
    return SN_VIA_NONE;
}

static inline void sn_node_provoke_stats(const sn_node *node, sn_text *answer) {
    (void)node, (void)answer;
}

#endif
#endif
