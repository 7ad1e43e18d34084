/* SPDX-License-Identifier: MIT */
/* Lines and binary frames on the console, and the image's upload. */
#include <stdio.h>
#include <string.h>

#include "console/console.h"
#include "base/crc.h"
#include "test.h"
#include "base/text.h"
#include "console/upload.h"
#include "vectors.h"

static uint8_t bytes[8192];
static char buffer[256];

static sn_text fresh(size_t capacity) {
    sn_text line;
    sn_text_init(&line, buffer, capacity);
    return line;
}

static void numbers_are_written_as_printf_writes_them(void) {
    sn_text line = fresh(sizeof buffer);
    sn_text_add_u64(&line, 0);
    sn_text_add(&line, " ");
    sn_text_add_u64(&line, UINT64_MAX);
    sn_text_add(&line, " ");
    sn_text_add_i32(&line, INT32_MIN);
    sn_text_add(&line, " ");
    sn_text_add_hex(&line, 0xBEEF, 4);
    sn_text_pair_hex(&line, "crc", 0x1F);
    CHECK_TEXT(sn_text_string(&line), "0 18446744073709551615 -2147483648 beef crc=0000001f");
}

static void values_are_quoted_where_they_must_be(void) {
    sn_text line = fresh(sizeof buffer);
    sn_text_pair(&line, "a", "plain");
    sn_text_pair(&line, "b", "");
    sn_text_pair(&line, "c", "say \"hi\" \\");
    sn_text_pair(&line, "d", "x=y");
    sn_text_pair(&line, "e", "back\\slash");
    CHECK_TEXT(sn_text_string(&line), " a=plain b=\"\" c=\"say \\\"hi\\\" \\\\\" d=\"x=y\" e=back\\slash");
}

static void what_is_not_printable_utf8_becomes_a_question_mark(void) {
    static const char hostile[] =
        "a\n\0\x7f\xc3\xa4\xc3\xff\xed\xa0\x80\xf0\x9f\x98\x80\xf5\x80\x80\x80\xc2\x85\xe2\x82";
    sn_text line = fresh(sizeof buffer);
    sn_text_pair_bytes(&line, "t", hostile, sizeof hostile - 1);
    CHECK_TEXT(sn_text_string(&line), " t=a???\xc3\xa4?????\xf0\x9f\x98\x80????????");
}

static void a_pair_that_does_not_fit_is_left_out_whole(void) {
    sn_text line = fresh(12);
    sn_text_pair(&line, "a", "1234");
    sn_text_pair(&line, "b", "1234");
    CHECK(line.overflow);
    CHECK_TEXT(sn_text_string(&line), " a=1234");
}

static void a_full_line_still_has_room_for_its_seal(void) {
    sn_text line = fresh(9);
    sn_text_add(&line, "123456789");
    sn_text_seal(&line);
    CHECK_BYTES(buffer, line.length, "123456789 *29b1\r\n", 17);
}

static void numbers_out_of_range_are_not_read(void) {
    uint32_t value = 0;
    CHECK(sn_parse_u32("4294967295", &value));
    CHECK_UINT(value, UINT32_MAX);
    CHECK(sn_parse_hex("00fFa1", 8, &value));
    CHECK_UINT(value, 0xFFA1);
    static const char *const bad[] = {"", "-1", "4294967296", "99999999999999999999999", "1x", " 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!sn_parse_u32(bad[i], &value));
    }
    CHECK(!sn_parse_hex("", 8, &value));
    CHECK(!sn_parse_hex("123456789", 8, &value));
    CHECK(!sn_parse_hex("12g", 8, &value));
}

static const test_case text_cases[] = {
    TEST(numbers_are_written_as_printf_writes_them),
    TEST(values_are_quoted_where_they_must_be),
    TEST(what_is_not_printable_utf8_becomes_a_question_mark),
    TEST(a_pair_that_does_not_fit_is_left_out_whole),
    TEST(a_full_line_still_has_room_for_its_seal),
    TEST(numbers_out_of_range_are_not_read),
};
SUITE(text, text_cases);

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

/* What the console makes of a piece of input, as "L:text", "F:length", "long" or "bad", one word each. */
static const char *events(const char *input, size_t length) {
    static sn_console incoming;
    static char found[512];
    size_t at = 0;
    memset(&incoming, 0, sizeof incoming);
    found[0] = '\0';
    for (size_t i = 0; i < length; i++) {
        char *end = &found[at];
        size_t room = sizeof found - at;
        switch (sn_console_push(&incoming, (uint8_t)input[i])) {
        case SN_CONSOLE_LINE:
            at += (size_t)snprintf(end, room, "L:%s ", (const char *)incoming.buffer);
            break;
        case SN_CONSOLE_FRAME:
            at += (size_t)snprintf(end, room, "F:%zu ", incoming.length);
            break;
        case SN_CONSOLE_LONG_LINE:
            at += (size_t)snprintf(end, room, "long ");
            break;
        case SN_CONSOLE_BAD_FRAME:
            at += (size_t)snprintf(end, room, "bad ");
            break;
        case SN_CONSOLE_NOTHING:
            break;
        }
        CHECK(at < sizeof found);
    }
    return found;
}

#define EVENTS(literal) events(literal, sizeof(literal) - 1)

static void lines_end_with_cr_lf_or_both(void) {
    CHECK_TEXT(EVENTS("a\rb\nc\r\n\r\n\nd\r"), "L:a L:b L:c L:d ");
}

static void each_frame_stands_between_two_zeros_of_its_own(void) {
    CHECK_TEXT(EVENTS("\0\3\1x\0info\r\0\3\1y\0\0\3\1z\0"), "F:2 L:info F:2 F:2 ");
}

static void a_stray_zero_costs_nothing(void) {
    CHECK_TEXT(EVENTS("\0info\r"), "L:info ");
    CHECK_TEXT(EVENTS("\0\0\0\r\ninfo\r"), "L:info ");
    CHECK_TEXT(EVENTS("\0i\rinfo\r"), "L:i L:info ");
}

static void a_zero_breaks_a_line_off(void) {
    CHECK_TEXT(EVENTS("garbage\0info\r"), "L:info ");
}

static void a_broken_frame_is_reported_and_text_goes_on(void) {
    CHECK_TEXT(EVENTS("\0\x09\1xy\0info\r"), "bad L:info ");
}

static void a_line_of_512_bytes_is_kept_and_a_longer_one_is_not(void) {
    static char long_line[600];
    memset(long_line, 'x', sizeof long_line);
    long_line[512] = '\r';
    static sn_console incoming;
    sn_console_event event = SN_CONSOLE_NOTHING;
    for (size_t i = 0; i <= 512; i++) {
        event = sn_console_push(&incoming, (uint8_t)long_line[i]);
    }
    CHECK_UINT(event, SN_CONSOLE_LINE);
    CHECK_UINT(strlen((const char *)incoming.buffer), 512);
    long_line[512] = 'x';
    long_line[513] = '\r';
    memcpy(&long_line[514], "info\r", 5);
    CHECK_TEXT(events(long_line, 519), "long L:info ");
}

static void a_frame_that_never_ends_is_given_up_and_lines_are_read_again(void) {
    static char endless[3000];
    memset(endless, 1, sizeof endless);
    endless[0] = '\0';
    memcpy(&endless[sizeof endless - 7], "\rinfo\r", 6);
    CHECK_TEXT(events(endless, sizeof endless - 1), "bad L:info ");
}

static const test_case console_cases[] = {
    TEST(lines_end_with_cr_lf_or_both),
    TEST(each_frame_stands_between_two_zeros_of_its_own),
    TEST(a_stray_zero_costs_nothing),
    TEST(a_zero_breaks_a_line_off),
    TEST(a_broken_frame_is_reported_and_text_goes_on),
    TEST(a_line_of_512_bytes_is_kept_and_a_longer_one_is_not),
    TEST(a_frame_that_never_ends_is_given_up_and_lines_are_read_again),
};
SUITE(console, console_cases);

static uint8_t stored[3000];

static sn_upload begun(uint32_t crc) {
    for (size_t i = 0; i < sizeof stored; i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    memset(stored, 0, sizeof stored);
    sn_upload made;
    sn_upload_begin(&made, stored, sizeof stored, crc);
    return made;
}

static bool push_chunk(sn_upload *to, uint8_t type, uint32_t offset, uint32_t length) {
    sn_chunk piece = {.type = type, .offset = offset, .data = {&bytes[offset], length}};
    return sn_upload_push(to, &piece);
}

static void chunks_in_order_make_up_the_image(void) {
    sn_upload up = begun(0);
    up.crc = sn_crc32(0, bytes, sizeof stored);
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 0, 1024));
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 1024, 1024));
    CHECK_UINT(up.next, 2048);
    CHECK_UINT(up.state, SN_UPLOAD_RUNNING);
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 2048, 952));
    CHECK_UINT(up.state, SN_UPLOAD_STORED);
    CHECK_BYTES(stored, sizeof stored, bytes, sizeof stored);
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 2048, 952));
    CHECK_UINT(up.state, SN_UPLOAD_STORED);
}

static void any_other_chunk_is_dropped(void) {
    sn_upload up = begun(0);
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 0, 1000));
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 0, 1000));
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 1001, 10));
    CHECK(!push_chunk(&up, SN_CHUNK_READ, 1000, 10));
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 1000, 2001));
    CHECK_UINT(up.next, 1000);
}

static void an_image_with_a_wrong_crc_is_not_stored(void) {
    sn_upload up = begun(0x12345678);
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 0, 3000));
    CHECK_UINT(up.state, SN_UPLOAD_CORRUPT);
}

static void chunks_without_an_announcement_are_dropped(void) {
    sn_upload up = {0};
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 0, 10));
}

static const test_case upload_cases[] = {
    TEST(chunks_in_order_make_up_the_image),
    TEST(any_other_chunk_is_dropped),
    TEST(an_image_with_a_wrong_crc_is_not_stored),
    TEST(chunks_without_an_announcement_are_dropped),
};
SUITE(upload, upload_cases);
