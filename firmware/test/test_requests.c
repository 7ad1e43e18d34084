/* SPDX-License-Identifier: MIT */
/* Lines of the console, taken apart and put together. */
#include <string.h>

#include "base/text.h"
#include "console/console.h"
#include "test.h"
#include "vectors.h"

static uint8_t bytes[8192];
static char buffer[256];

static sn_text fresh(size_t capacity) {
    sn_text line;
    sn_text_init(&line, buffer, capacity);
    return line;
}

static void check_request(const vector_row *row, const sn_request *request) {
    bool has_number = !vector_is(row, 2, "-");
    CHECK(request->has_id == has_number);
    if (has_number) {
        uint32_t number = 0;
        CHECK(sn_parse_u32(row->word[2], &number));
        CHECK_UINT(request->id, number);
    }
    CHECK_TEXT(request->verb, row->word[3]);
    CHECK_UINT(request->arguments.count, row->count - 4);
    for (size_t i = 4; i < row->count; i++) {
        char *value = strchr(row->word[i], '=');
        CHECK(value != NULL);
        *value++ = '\0';
        const char *parsed = sn_pairs_get(&request->arguments, row->word[i]);
        CHECK(parsed != NULL);
        vector_row rest = {1, {value}};
        CHECK_BYTES(parsed, strlen(parsed), bytes, vector_bytes(&rest, 0, bytes, sizeof bytes));
    }
}

/* What the board must write for this row is this line. */
static void check_written(const vector_row *row, const char *line, size_t length) {
    sn_text made = fresh(sizeof buffer - SN_TEXT_SEAL);
    if (vector_is(row, 0, "event")) {
        sn_text_add(&made, "! ");
    } else if (!vector_is(row, 2, "-")) {
        sn_text_add(&made, "#");
        sn_text_add(&made, row->word[2]);
        sn_text_add(&made, " ");
    }
    sn_text_add(&made, row->word[3]);
    for (size_t i = 4; i < row->count; i++) {
        char *value = strchr(row->word[i], '=');
        CHECK(value != NULL);
        *value++ = '\0';
        vector_row rest = {1, {value}};
        size_t size = vector_bytes(&rest, 0, bytes, sizeof bytes);
        sn_text_pair_bytes(&made, row->word[i], (const char *)bytes, size);
    }
    sn_text_seal(&made);
    CHECK_BYTES(buffer, made.length - 2, line, length);
}

static void line_row(const vector_row *row) {
    static char line[1024];
    size_t length = vector_bytes(row, 1, (uint8_t *)line, sizeof line - 1);
    line[length] = '\0';
    const char *why = NULL;
    sn_request request;
    if (vector_is(row, 0, "request") || vector_is(row, 0, "typed")) {
        CHECK_UINT(sn_request_parse(&request, line, &why), SN_OK);
        check_request(row, &request);
    } else if (vector_is(row, 0, "bad-request")) {
        CHECK_TEXT(sn_error_name(sn_request_parse(&request, line, &why)), row->word[2]);
        CHECK(why != NULL);
    } else if (vector_is(row, 0, "answer") || vector_is(row, 0, "event") ||
               (vector_is(row, 0, "refusal") && !vector_is(row, 2, "-"))) { /* the other has quotes it does not need */
        check_written(row, line, length);
    }
}

static void lines_are_those_of_the_vectors(void) {
    vectors_each("line.txt", line_row);
}

static void a_refused_request_keeps_its_number(void) {
    char wrong_crc[] = "#12 info *0000";
    char broken[] = "#13 edge host=\"a";
    const char *why = NULL;
    sn_request request;
    CHECK_UINT(sn_request_parse(&request, wrong_crc, &why), SN_ERR_CRC);
    CHECK(request.has_id && request.id == 12);
    CHECK_UINT(sn_request_parse(&request, broken, &why), SN_ERR_SYNTAX);
    CHECK(request.has_id && request.id == 13);
}

static void an_argument_given_twice_is_refused_and_so_are_too_many(void) {
    char twice[] = "edge host=a host=b";
    char many[] = "v a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1";
    const char *why = NULL;
    sn_request request;
    CHECK_UINT(sn_request_parse(&request, twice, &why), SN_ERR_BAD_ARGUMENT);
    CHECK_UINT(sn_request_parse(&request, many, &why), SN_ERR_BAD_ARGUMENT);
}

static void a_star_inside_a_quoted_value_is_no_crc(void) {
    char line[] = "wifi ssid=\"a *b12\"";
    const char *why = NULL;
    sn_request request;
    CHECK_UINT(sn_request_parse(&request, line, &why), SN_OK);
    CHECK_TEXT(sn_pairs_get(&request.arguments, "ssid"), "a *b12");
}

static const test_case requests_cases[] = {
    TEST(lines_are_those_of_the_vectors),
    TEST(a_refused_request_keeps_its_number),
    TEST(an_argument_given_twice_is_refused_and_so_are_too_many),
    TEST(a_star_inside_a_quoted_value_is_no_crc),
};
SUITE(requests, requests_cases);
