/* SPDX-License-Identifier: MIT */
#include "node/provoke.h"

#include "node/state.h"

#ifdef SN_TEST_BUILD

static void crash(sn_node *node) {
    node->port->crash(node->port->ctx);
}

sn_error sn_node_request_crash(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)request;
    (void)answer;
    (void)why;
    node->after_answer = crash;
    return SN_OK;
}

static void hang(sn_node *node) {
    node->port->hang(node->port->ctx);
}

sn_error sn_node_request_hang(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)request;
    (void)answer;
    (void)why;
    node->after_answer = hang;
    return SN_OK;
}

sn_error sn_node_request_fail(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    static const char *const kinds[SN_FAULT_KINDS] = {
        [SN_FAULT_INVOKE] = "invoke", [SN_FAULT_ALLOC] = "alloc", [SN_FAULT_STORAGE] = "storage"};
    const char *what = sn_pairs_get(&request->arguments, "what");
    const char *after = sn_pairs_get(&request->arguments, "after");
    uint32_t count = 0;
    size_t kind = 0;
    while (kind < SN_FAULT_KINDS && (what == NULL || !sn_equal(kinds[kind], what))) {
        kind++;
    }
    if (kind == SN_FAULT_KINDS) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "what is invoke, alloc or storage");
    }
    if (after != NULL && !sn_parse_u32(after, &count)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "after is how many go well first, 0 to 4294967295");
    }
    sn_faults_arm(&node->faults, (sn_fault)kind, count);
    sn_text_pair(answer, "what", what);
    sn_text_pair_u64(answer, "after", count);
    return SN_OK;
}

sn_error sn_node_request_counter(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *name = sn_pairs_get(&request->arguments, "name");
    const char *value = sn_pairs_get(&request->arguments, "value");
    uint32_t next = 0;
    if (name == NULL || !sn_equal(name, "message")) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "name is message");
    }
    if (value == NULL || !sn_parse_u32(value, &next)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "value is the id of the next message, 0 to 4294967295");
    }
    if (sn_node_is_tail(node)) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "role tail begins no messages: ask the head");
    }
    node->link.last_message = next - 1;
    sn_text_pair(answer, "name", name);
    sn_text_pair_u64(answer, "value", next);
    return SN_OK;
}

const sn_port *sn_node_provoke_through(sn_node *node, const sn_port *machine) {
    sn_faults_init(&node->faults, machine);
    return &node->faults.port;
}

bool sn_node_provoke_invoked(sn_node *node) {
    return sn_faults_invoked(&node->faults);
}

uint64_t sn_node_provoke_deadline(const sn_node *node) {
    return sn_faults_deadline(&node->faults);
}

sn_via sn_node_provoke_timer(sn_node *node, uint64_t now) {
    return sn_faults_timer(&node->faults, now);
}

void sn_node_provoke_stats(const sn_node *node, sn_text *answer) {
    sn_text_pair_u64(answer, "faults", node->faults.made);
    sn_text_pair_u64(answer, "faults_armed", sn_faults_armed(&node->faults));
}

#endif
