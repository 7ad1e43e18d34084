/* SPDX-License-Identifier: MIT */
/* Checksums, byte stuffing, frame headers and the ranking of scores against the shared vectors. */
#include <string.h>

#include "console/chunk.h"
#include "console/cobs.h"
#include "base/crc.h"
#include "wire/frame.h"
#include "test.h"
#include "model/topk.h"
#include "vectors.h"

static uint8_t bytes[8192];
static uint8_t more[8192];

static void crc_row(const vector_row *row) {
    size_t length = vector_bytes(row, 1, bytes, sizeof bytes);
    if (vector_is(row, 0, "crc16")) {
        CHECK_UINT(sn_crc16(bytes, length), vector_number(row, 2));
        return;
    }
    CHECK_UINT(sn_crc32(0, bytes, length), vector_number(row, 2));
    uint32_t in_two = sn_crc32(0, bytes, length / 3);
    CHECK_UINT(sn_crc32(in_two, &bytes[length / 3], length - length / 3), vector_number(row, 2));
}

static void crcs_are_those_of_the_vectors(void) {
    vectors_each("crc.txt", crc_row);
}

static const test_case crc_cases[] = {TEST(crcs_are_those_of_the_vectors)};
SUITE(crc, crc_cases);

static void cobs_row(const vector_row *row) {
    static uint8_t result[8192];
    size_t result_length = 0;
    if (vector_is(row, 0, "bad")) {
        size_t length = vector_bytes(row, 1, bytes, sizeof bytes);
        CHECK(!sn_cobs_decode(bytes, length, result, &result_length));
        return;
    }
    size_t plain = vector_bytes(row, 0, bytes, sizeof bytes);
    size_t encoded = vector_bytes(row, 1, more, sizeof more);
    CHECK_BYTES(result, sn_cobs_encode(bytes, plain, result), more, encoded);
    CHECK(encoded <= SN_COBS_BOUND(plain));
    CHECK(sn_cobs_decode(more, encoded, more, &result_length));
    CHECK_BYTES(more, result_length, bytes, plain);
}

static void cobs_codes_and_decodes_in_place_as_the_vectors_do(void) {
    vectors_each("cobs.txt", cobs_row);
}

static void an_empty_encoding_is_broken(void) {
    size_t length = 0;
    CHECK(!sn_cobs_decode(bytes, 0, more, &length));
}

static void every_frame_survives_coding(void) {
    uint32_t seed = 7;
    for (size_t length = 0; length < 1600; length += 3) {
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (uint8_t)(test_random(&seed) % 300 == 0 ? 0 : test_random(&seed));
        }
        size_t encoded = sn_cobs_encode(bytes, length, more);
        CHECK(encoded <= SN_COBS_BOUND(length));
        CHECK(memchr(more, 0, encoded) == NULL);
        size_t decoded = 0;
        CHECK(sn_cobs_decode(more, encoded, more, &decoded));
        CHECK_BYTES(more, decoded, bytes, length);
    }
}

static const test_case cobs_cases[] = {
    TEST(cobs_codes_and_decodes_in_place_as_the_vectors_do),
    TEST(an_empty_encoding_is_broken),
    TEST(every_frame_survives_coding),
};
SUITE(cobs, cobs_cases);

static void header_row(const vector_row *row) {
    sn_header header;
    uint8_t packed[SN_HEADER_SIZE];
    if (vector_is(row, 0, "bad")) {
        size_t length = vector_bytes(row, 1, bytes, sizeof bytes);
        bool too_long = vector_is(row, 2, "length") && length > SN_HEADER_SIZE; /* here a body follows */
        CHECK(sn_header_unpack(&header, bytes, length) == too_long);
        return;
    }
    size_t length = vector_bytes(row, 7, bytes, sizeof bytes);
    CHECK_UINT(vector_number(row, 0), SN_PROTOCOL_VERSION);
    CHECK(sn_header_unpack(&header, bytes, length));
    CHECK_UINT(header.type, vector_number(row, 1));
    CHECK_UINT(header.flags, vector_number(row, 2));
    CHECK_UINT(header.session, vector_number(row, 3));
    CHECK_UINT(header.message, vector_number(row, 4));
    CHECK_UINT(header.index, vector_number(row, 5));
    CHECK_UINT(header.count, vector_number(row, 6));
    sn_header_pack(&header, packed);
    CHECK_BYTES(packed, sizeof packed, bytes, length);
}

static void headers_are_those_of_the_vectors(void) {
    vectors_each("header.txt", header_row);
}

static const test_case frame_cases[] = {TEST(headers_are_those_of_the_vectors)};
SUITE(frame, frame_cases);

static void topk_row(const vector_row *row) {
    sn_dtype dtype = (sn_dtype)vector_number(row, 0);
    size_t length = vector_bytes(row, 1, bytes, sizeof bytes);
    uint32_t elements = (uint32_t)length / sn_dtype_size(dtype);
    sn_top_entry top[SN_TOP];
    CHECK_UINT(sn_top5(bytes, elements, dtype, top), row->count - 2);
    for (size_t i = 2; i < row->count; i++) {
        char *score = strchr(row->word[i], ':');
        CHECK(score != NULL);
        *score = '\0';
        CHECK_UINT(top[i - 2].id, vector_number(row, i));
        vector_row rest = {1, {score + 1}};
        CHECK_UINT((uint32_t)top[i - 2].score, vector_number(&rest, 0));
    }
}

static void the_best_five_are_those_of_the_vectors(void) {
    vectors_each("topk.txt", topk_row);
}

static void zeros_of_both_signs_tie_and_nan_comes_last(void) {
    static const uint8_t scores[] = {0, 0, 0xC0, 0x7F, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, 0, 0, 0x80, 0x7F};
    sn_top_entry top[SN_TOP];
    CHECK_UINT(sn_top5(scores, 5, SN_FLOAT32, top), 5);
    CHECK_UINT(top[0].id, 4); /* infinity */
    CHECK_UINT(top[1].id, 1); /* -0 */
    CHECK_UINT((uint32_t)top[1].score, 0x80000000u);
    CHECK_UINT(top[2].id, 2); /* 0 */
    CHECK_UINT(top[3].id, 3); /* minus infinity */
    CHECK_UINT(top[4].id, 0); /* NaN */
}

static void no_scores_give_no_entries(void) {
    sn_top_entry top[SN_TOP];
    CHECK_UINT(sn_top5(bytes, 0, SN_INT8, top), 0);
}

static const test_case topk_cases[] = {
    TEST(the_best_five_are_those_of_the_vectors),
    TEST(zeros_of_both_signs_tie_and_nan_comes_last),
    TEST(no_scores_give_no_entries),
};
SUITE(topk, topk_cases);

static void chunk_row(const vector_row *row) {
    static uint8_t encoded[SN_CHUNK_ENCODED];
    sn_chunk parsed;
    size_t length = 0;
    if (vector_is(row, 0, "bad")) {
        size_t coded = vector_bytes(row, 1, bytes, sizeof bytes);
        CHECK(!sn_cobs_decode(bytes, coded, bytes, &length) || !sn_chunk_unpack(&parsed, bytes, length));
        return;
    }
    size_t data = vector_bytes(row, 2, bytes, sizeof bytes);
    size_t plain = vector_bytes(row, 3, more, sizeof more);
    CHECK(sn_chunk_unpack(&parsed, more, plain));
    CHECK_UINT(parsed.type, vector_number(row, 0));
    CHECK_UINT(parsed.offset, vector_number(row, 1));
    CHECK_BYTES(parsed.data.data, parsed.data.length, bytes, data);
    length = sn_chunk_encode(&parsed, encoded);
    CHECK(encoded[0] == 0 && encoded[length - 1] == 0);
    CHECK_BYTES(&encoded[1], length - 2, bytes, vector_bytes(row, 4, bytes, sizeof bytes));
}

static void chunks_are_those_of_the_vectors(void) {
    vectors_each("chunk.txt", chunk_row);
}

static const test_case chunk_cases[] = {TEST(chunks_are_those_of_the_vectors)};
SUITE(chunk, chunk_cases);
