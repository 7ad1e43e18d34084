/* SPDX-License-Identifier: MIT */
/* The payload of RESULT. */
#ifndef SPLITNODE_NODE_RESULT_H
#define SPLITNODE_NODE_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "model/topk.h"

typedef struct {
    uint32_t count;
    sn_top_entry top[SN_TOP];
    uint32_t input_crc;
    uint32_t total_us;
    uint32_t invoke_us;
    uint32_t output_length;
    uint32_t output_crc;
} sn_node_result;

#define NODE_RESULT_FIXED 72u

void sn_node_result_pack(const sn_node_result *result, sn_dtype dtype, uint32_t classes, uint8_t to[NODE_RESULT_FIXED]);
/* False if the payload breaks the specification; `output` is the vector that follows, if it was asked for. */
bool sn_node_result_unpack(sn_node_result *result, sn_bytes payload, bool want_output, sn_bytes *output);

#endif
