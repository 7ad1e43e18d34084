/* SPDX-License-Identifier: MIT */
/* The payload of RESULT. */
#include "node/result.h"

#include <string.h>

#include "base/crc.h"

void sn_node_result_pack(const sn_node_result *result, sn_dtype dtype, uint32_t classes,
                         uint8_t to[NODE_RESULT_FIXED]) {
    memset(to, 0, NODE_RESULT_FIXED);
    to[0] = (uint8_t)result->count;
    to[1] = (uint8_t)dtype;
    sn_put_u16(&to[2], (uint16_t)classes);
    for (uint32_t i = 0; i < result->count; i++) {
        sn_put_u16(&to[4 + 8 * i], result->top[i].id);
        sn_put_u32(&to[8 + 8 * i], (uint32_t)result->top[i].score);
    }
    sn_put_u32(&to[44], result->input_crc);
    sn_put_u32(&to[48], result->total_us);
    sn_put_u32(&to[52], result->invoke_us);
    sn_put_u32(&to[64], result->output_length);
    sn_put_u32(&to[68], result->output_crc);
}

bool sn_node_result_unpack(sn_node_result *result, sn_bytes payload, bool want_output, sn_bytes *output) {
    const uint8_t *from = payload.data;
    if (payload.length < NODE_RESULT_FIXED || from[0] > SN_TOP || !sn_dtype_is_known(from[1])) {
        return false;
    }
    result->count = from[0];
    uint16_t classes = sn_get_u16(&from[2]);
    for (uint32_t i = 0; i < result->count; i++) {
        result->top[i].id = sn_get_u16(&from[4 + 8 * i]);
        result->top[i].score = (int32_t)sn_get_u32(&from[8 + 8 * i]);
        if (result->top[i].id >= classes) {
            return false;
        }
    }
    result->input_crc = sn_get_u32(&from[44]);
    result->total_us = sn_get_u32(&from[48]);
    result->invoke_us = sn_get_u32(&from[52]);
    result->output_length = sn_get_u32(&from[64]);
    result->output_crc = sn_get_u32(&from[68]);
    *output = (sn_bytes){&from[NODE_RESULT_FIXED], payload.length - NODE_RESULT_FIXED};
    if (output->length != (want_output ? result->output_length : 0)) {
        return false;
    }
    return !want_output || sn_crc32(0, output->data, output->length) == result->output_crc;
}
