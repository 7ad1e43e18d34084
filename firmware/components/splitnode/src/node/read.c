/* SPDX-License-Identifier: MIT */
/* Reading out of what the board has computed, one chunk for each call of the timer. */
#include "node/read.h"

#include "base/crc.h"
#include "node/model.h"
#include "node/state.h"

static void start(sn_node *node) {
    node->read.active = true;
}

sn_error sn_node_request_read(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *what = sn_pairs_get(&request->arguments, "what");
    bool output = what != NULL && sn_equal(what, "output");
    bool activation = what != NULL && sn_equal(what, "activation");
    bool profile = what != NULL && sn_equal(what, "profile");
    if (!output && !activation && !profile) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "what is output, activation or profile");
    }
    sn_error code = sn_node_need_model(node, why);
    if (code != SN_OK) {
        return code;
    }
    if (activation && node->slot.role != SN_ROLE_HEAD) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "only role head has an activation to read");
    }
    if (node->work.state != NODE_WORK_IDLE || node->read.active) {
        return sn_reason_set(why, SN_ERR_BUSY, "an inference or another read is under way");
    }
    sn_bytes source = output ? (sn_bytes){node->memory.output, node->output_length} : node->work.output;
    if (profile) {
        source = (sn_bytes){0};
        source.length = node->port->operator_times(node->port->ctx, &source.data);
    }
    if (source.length == 0) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT,
                             "there is nothing to read: run infer first, in role head with output=1 for the output");
    }
    node->read = (sn_node_read){.source = source};
    sn_text_pair_u64(answer, "size", source.length);
    sn_text_pair_hex(answer, "crc", sn_crc32(0, source.data, source.length));
    node->after_answer = start;
    return SN_OK;
}

void sn_node_read_step(sn_node *node) {
    sn_node_read *read = &node->read;
    if (!read->active) {
        return;
    }
    uint32_t left = read->source.length - read->offset;
    sn_chunk chunk = {
        .type = SN_CHUNK_READ,
        .offset = read->offset,
        .data = {&read->source.data[read->offset], left < SN_CHUNK_DATA ? left : SN_CHUNK_DATA},
    };
    uint8_t encoded[SN_CHUNK_ENCODED];
    size_t length = sn_chunk_encode(&chunk, encoded);
    node->port->console_write(node->port->ctx, encoded, length);
    read->offset += chunk.data.length;
    read->active = read->offset < read->source.length;
}
