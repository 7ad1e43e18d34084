/* SPDX-License-Identifier: MIT */
/* Half a frame, noise, or silence where more was to come: the console is heard all the same, after a known time. */
#include <string.h>

#include "console/chunk.h"
#include "fake_port.h"
#include "test.h"

/* Bytes as they stand, zeros among them. */
#define give(fake, literal)                                                                                            \
    ((fake)->deadline = sn_node_on_console((fake)->node, (const uint8_t *)(literal), sizeof(literal) - 1))

static void what_is_not_even_a_chunk_is_only_counted_unless_chunks_are_on_the_way(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    give(fake, "\0\x05\1ab\0");
    CHECK(fake_line(fake) == NULL);
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 1);
    fake_store_image(fake);
    give(fake, "\0\x05\1ab\0");
    CHECK(fake_line(fake) == NULL);
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "ok chunk=1024 window=16");
    give(fake, "\0\x05\1ab\0");
    CHECK_TEXT(fake_line(fake), "! image next=0");
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 3);
    fake_free(fake);
}

/* As esptool sends it (ESPLoader.sync in its loader.py): after a zero comes what looks like a chunk of type 7. */
#define SYNC "\xc0\0\x08\x24\0\0\0\0\0\x07\x07\x12\x20UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU\xc0"

static void half_a_frame_is_dropped_after_half_a_second_of_silence_and_a_person_is_heard(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    give(fake, SYNC);
    CHECK_UINT(fake->deadline, fake->now_us + 500000);
    fake_pass(fake, 400000);
    give(fake, "U");
    fake_pass(fake, 499999);
    CHECK(fake->deadline != SN_NO_DEADLINE);
    fake_pass(fake, 1);
    CHECK_UINT(fake->deadline, SN_NO_DEADLINE);
    CHECK_TEXT(fake_ask(fake, "role"), "ok role=head");
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 1);
    fake_free(fake);
}

static void without_the_silence_half_a_frame_goes_on(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "ok chunk=1024 window=16");
    uint8_t encoded[SN_CHUNK_ENCODED];
    static const uint8_t data[1000] = {1};
    sn_chunk chunk = {.type = SN_CHUNK_IMAGE, .data = {data, sizeof data}};
    size_t length = sn_chunk_encode(&chunk, encoded);
    for (size_t at = 0; at < length; at++) {
        fake_pass(fake, 100000);
        fake->deadline = sn_node_on_console(fake->node, &encoded[at], 1);
    }
    CHECK_TEXT(fake_line(fake), "! image next=1000");
    CHECK_UINT(fake->deadline, SN_NO_DEADLINE);
    fake_free(fake);
}

static void a_chunk_that_is_cut_off_is_answered_by_where_to_go_on(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "ok chunk=1024 window=16");
    give(fake, "\0\x05\1abc");
    fake_pass(fake, 500000);
    CHECK_TEXT(fake_line(fake), "! image next=0");
    CHECK_UINT(fake->deadline, SN_NO_DEADLINE);
    fake_free(fake);
}

static void a_zero_byte_that_opens_nothing_is_dropped_without_a_word(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "ok chunk=1024 window=16");
    give(fake, "\0");
    fake_pass(fake, 500000);
    CHECK_UINT(fake->deadline, SN_NO_DEADLINE);
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 0);
    fake_free(fake);
}

static void noise_that_is_too_long_for_a_frame_ends_with_the_silence(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    static char noise[2000];
    memset(noise, 1, sizeof noise);
    noise[0] = '\0';
    fake->deadline = sn_node_on_console(fake->node, (const uint8_t *)noise, sizeof noise);
    fake_pass(fake, 500000);
    CHECK_UINT(fake->deadline, SN_NO_DEADLINE);
    CHECK_TEXT(fake_ask(fake, "role"), "ok role=head");
    fake_free(fake);
}

static void a_person_may_think_in_the_middle_of_a_line(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    give(fake, "ro");
    CHECK_UINT(fake->deadline, SN_NO_DEADLINE);
    fake_pass(fake, 60000000);
    CHECK_TEXT(fake_ask(fake, "le"), "ok role=head");
    fake_free(fake);
}

/* Whatever was there before: half a frame, half a line, one that is too long, noise. */
static void a_zero_in_front_of_a_line_makes_it_heard_at_once(void) {
    static char too_long[600], endless[2000];
    memset(too_long, 'x', sizeof too_long);
    memset(endless, 1, sizeof endless);
    endless[0] = '\0';
    const struct {
        const char *bytes;
        size_t length;
    } starts[] = {{SYNC, sizeof SYNC - 1},   {"\0", 1},      {"\0\x05", 2},
                  {"\0\x05\1abc", 6},        {"garbage", 7}, {too_long, sizeof too_long},
                  {endless, sizeof endless}, {"\0\0\0", 3}};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        fake_port *fake = fake_in_role(SN_ROLE_HEAD);
        fake->deadline = sn_node_on_console(fake->node, (const uint8_t *)starts[i].bytes, starts[i].length);
        give(fake, "\0#7 role\r\n");
        CHECK_TEXT(fake_line(fake), "#7 ok role=head");
        CHECK_UINT(fake->deadline, SN_NO_DEADLINE);
        fake_free(fake);
    }
}

static const test_case silence_cases[] = {
    TEST(what_is_not_even_a_chunk_is_only_counted_unless_chunks_are_on_the_way),
    TEST(half_a_frame_is_dropped_after_half_a_second_of_silence_and_a_person_is_heard),
    TEST(without_the_silence_half_a_frame_goes_on),
    TEST(a_chunk_that_is_cut_off_is_answered_by_where_to_go_on),
    TEST(a_zero_byte_that_opens_nothing_is_dropped_without_a_word),
    TEST(noise_that_is_too_long_for_a_frame_ends_with_the_silence),
    TEST(a_person_may_think_in_the_middle_of_a_line),
    TEST(a_zero_in_front_of_a_line_makes_it_heard_at_once),
};
SUITE(silence, silence_cases);
