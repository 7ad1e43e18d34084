/* SPDX-License-Identifier: MIT */
/* The console's incoming bytes, pauses among them, against the vectors. */
#include <stdio.h>
#include <string.h>

#include "console/console.h"
#include "test.h"
#include "vectors.h"

static uint8_t bytes[4096];
static char made[4096];
static size_t at;

static void add(const char *text) {
    at += (size_t)snprintf(&made[at], sizeof made - at, "%s%s", at == 0 ? "" : " ", text);
    CHECK(at < sizeof made);
}

static void add_bytes(const char *name, const uint8_t *content, size_t length) {
    add(name);
    for (size_t i = 0; i < length; i++) {
        at += (size_t)snprintf(&made[at], sizeof made - at, "%02x", content[i]);
        CHECK(at < sizeof made);
    }
}

static void take(const sn_console *console, sn_console_event event) {
    switch (event) {
    case SN_CONSOLE_LINE:
        add_bytes("line=", console->buffer, strlen((const char *)console->buffer));
        break;
    case SN_CONSOLE_FRAME:
        add_bytes("frame=", console->buffer, console->length);
        break;
    case SN_CONSOLE_LONG_LINE:
        add("long");
        break;
    case SN_CONSOLE_BAD_FRAME:
        add("bad");
        break;
    case SN_CONSOLE_NOTHING:
        break;
    }
}

static void input_row(const vector_row *row) {
    static sn_console console;
    sn_console_init(&console);
    at = 0;
    size_t word = 0;
    for (; !vector_is(row, word, ":"); word++) {
        CHECK(word < row->count);
        if (!vector_is(row, word, "pause")) {
            size_t length = vector_bytes(row, word, bytes, sizeof bytes);
            for (size_t i = 0; i < length; i++) {
                take(&console, sn_console_push(&console, bytes[i]));
            }
        } else {
            take(&console, sn_console_on_timer(&console, SN_CONSOLE_SILENCE_US));
        }
    }
    static char expected[4096];
    size_t length = 0;
    expected[0] = '\0';
    for (word++; word < row->count; word++) {
        const char *space = length == 0 ? "" : " ";
        length += (size_t)snprintf(&expected[length], sizeof expected - length, "%s%s", space, row->word[word]);
        CHECK(length < sizeof expected);
    }
    CHECK_TEXT(made, expected);
}

static void input_is_read_as_the_vectors_say(void) {
    vectors_each("input.txt", input_row);
}

static const test_case input_cases[] = {
    TEST(input_is_read_as_the_vectors_say),
};
SUITE(input, input_cases);
