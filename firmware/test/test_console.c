/* SPDX-License-Identifier: MIT */
/* Lines and binary frames on the console. */
#include <stdio.h>
#include <string.h>

#include "console/console.h"
#include "test.h"

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
