/* SPDX-License-Identifier: MIT */
/* What the host is told at the end of an inference, section 2.5. */
#include "node/outcome.h"

#include "node/report.h"
#include "node/result.h"
#include "node/state.h"

void sn_node_report_failure(sn_node *node, sn_error code, const char *text) {
    node->stats.infer_err++;
    sn_text line = sn_node_begin_event(node, "infer");
    sn_text_pair_u64(&line, "id", node->work.message);
    sn_node_add_failure(&line, "err", code, text);
    sn_node_end_line(node, &line);
}

static void add_top5(sn_text *line, const sn_node_result *result) {
    char entries[SN_TOP * 18]; /* 65535:-2147483648, */
    sn_text text;
    sn_text_init(&text, entries, sizeof entries);
    for (uint32_t i = 0; i < result->count; i++) {
        sn_text_add(&text, i == 0 ? "" : ",");
        sn_text_add_u64(&text, result->top[i].id);
        sn_text_add(&text, ":");
        sn_text_add_i32(&text, result->top[i].score);
    }
    sn_text_pair_bytes(line, "top5", entries, text.length);
}

void sn_node_report_result(sn_node *node, const sn_node_result *result, uint64_t end_us) {
    sn_node_work *work = &node->work;
    bool is_head = node->slot.role == SN_ROLE_HEAD;
    node->stats.infer_ok++;
    sn_text line = sn_node_begin_event(node, "infer");
    sn_text_pair_u64(&line, "id", work->message);
    sn_text_pair(&line, "state", "ok");
    add_top5(&line, result);
    if (is_head) {
        sn_text_pair_hex(&line, "act_crc", work->output_crc);
        sn_text_pair_u64(&line, "act_len", work->output.length);
        sn_text_pair_hex(&line, "rx_crc", result->input_crc);
    }
    sn_text_pair_u64(&line, "load_us", work->loaded_us - work->start_us);
    sn_text_pair_u64(&line, "invoke_us", work->invoked_us - work->loaded_us);
    sn_text_pair_u64(&line, "send_us", is_head ? work->sent_us - work->invoked_us : 0);
    sn_text_pair_u64(&line, "wait_us", is_head ? end_us - work->sent_us : 0);
    sn_text_pair_u64(&line, "total_us", end_us - work->start_us);
    if (is_head) {
        sn_text_pair_u64(&line, "edge_us", result->total_us);
        sn_text_pair_u64(&line, "edge_invoke_us", result->invoke_us);
        sn_node_add_cost(&line, &node->link.cost);
    }
    sn_text_pair_u64(&line, "out_len", result->output_length);
    sn_text_pair_hex(&line, "out_crc", result->output_crc);
    sn_node_end_line(node, &line);
}
