/* SPDX-License-Identifier: MIT */
/* The payload of RESULT. */
#include "node/result.h"
#include "test.h"
#include "vectors.h"

static void result_row(const vector_row *row) {
    static uint8_t packed[1024];
    static uint8_t vector[1024];
    sn_node_result result;
    sn_bytes output;
    if (vector_is(row, 0, "bad")) {
        size_t length = vector_bytes(row, 1, packed, sizeof packed);
        CHECK(!sn_node_result_unpack(&result, (sn_bytes){packed, (uint32_t)length}, true, &output));
        return;
    }
    size_t sent = vector_bytes(row, 8, vector, sizeof vector);
    size_t length = vector_bytes(row, 9, packed, sizeof packed);
    CHECK(sn_node_result_unpack(&result, (sn_bytes){packed, (uint32_t)length}, sent != 0, &output));
    CHECK_BYTES(output.data, output.length, vector, sent);
    CHECK_UINT(result.input_crc, vector_number(row, 3));
    CHECK_UINT(result.total_us, vector_number(row, 4));
    CHECK_UINT(result.invoke_us, vector_number(row, 5));
    CHECK_UINT(result.output_length, vector_number(row, 6));
    CHECK_UINT(result.output_crc, vector_number(row, 7));
    uint8_t again[NODE_RESULT_FIXED];
    sn_node_result_pack(&result, (sn_dtype)vector_number(row, 0), vector_number(row, 1), again);
    CHECK_BYTES(again, sizeof again, packed, NODE_RESULT_FIXED);
}

static void results_are_those_of_the_vectors(void) {
    vectors_each("result.txt", result_row);
}

static const test_case result_cases[] = {TEST(results_are_those_of_the_vectors)};
SUITE(result, result_cases);
