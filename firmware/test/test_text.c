/* SPDX-License-Identifier: MIT */
/* What is written into a line, and numbers read out of one. */
#include <string.h>

#include "base/text.h"
#include "test.h"

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
