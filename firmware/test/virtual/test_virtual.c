/* SPDX-License-Identifier: MIT */
/* firmware/virtual: what passes between the core and the machine of a virtual board. */
#include <stdio.h>
#include <string.h>

#include "base/crc.h"
#include "console/chunk.h"
#include "test.h"
#include "virtual_board.h"

static bool says(const char *line, const char *word) {
    return line != NULL && strstr(line, word) != NULL;
}

static void the_board_says_what_the_machine_told_it_at_boot(void) {
    virtual_board_boot(SN_ROLE_FULL);
    static char info[1024];
    snprintf(info, sizeof info, "%s", virtual_board_ask("info"));
    static const char *const words[] = {" fw=1.2.3 ",      " mac=02:00:00:4c:00:01 ", " chip=esp32s3 ",
                                        " simulated=1 ",   " psram=8388608 ",         " flash=16777216 ",
                                        " app=ota_1 ",     " model_slot=model_0 ",    " trial=model ",
                                        " reset=POWERON ", " arena=1048576 ",         " arena_used=123456 "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        CHECK(says(info, words[i]));
    }
    virtual_board_end();
}

static void a_partition_without_a_label_is_none_and_long_texts_are_cut(void) {
    static const char texts[] = "02:00:00:4c:00:01:and:more\0a reason of more than thirty-one bytes\0\0";
    virtual_machine = fake_new();
    virtual_board_stage(texts, sizeof texts);
    boot(0, 8388608, 0, 0);
    CHECK(says(fake_line(virtual_machine), "reset by a reason of more than thirty-on"));
    CHECK(fake_line(virtual_machine) != NULL);
    const char *info = virtual_board_ask("info");
    CHECK(says(info, " app=- ") && says(info, " model_slot=- ") && says(info, " mac=02:00:00:4c:00:01 "));
    virtual_board_end();
}

static void a_model_that_does_not_fit_the_boards_buffer_is_refused(void) {
    virtual_machine = fake_new();
    fake_write_slot(virtual_machine, SN_ROLE_HEAD);
    virtual_board_stage("a\0b\0c\0d", 8);
    boot(8388608, 16777216, 0, 0);
    CHECK(fake_line(virtual_machine) != NULL);
    on_model(SN_OK, 0, 1, FAKE_INPUT, activation_capacity() + 1);
    CHECK_TEXT(fake_line(virtual_machine),
               "E () splitnode: tensor_size: the model's output is larger than the board's buffer");
    virtual_board_end();

    virtual_machine = fake_new();
    fake_write_slot(virtual_machine, SN_ROLE_HEAD);
    virtual_board_stage("a\0b\0c\0d", 8);
    boot(8388608, 16777216, 0, 0);
    CHECK(fake_line(virtual_machine) != NULL);
    on_model(SN_ERR_ARENA, virtual_board_stage_text("too small"), 0, 0, 0);
    CHECK_TEXT(fake_line(virtual_machine), "E () splitnode: arena: too small");
    virtual_board_end();
}

static void put_image(void) {
    static uint8_t image[FAKE_INPUT];
    char request[64];
    snprintf(request, sizeof request, "image size=%u crc=%x", FAKE_INPUT, sn_crc32(0, image, FAKE_INPUT));
    CHECK_TEXT(virtual_board_ask(request), "ok chunk=1024 window=16");
    for (uint32_t at = 0; at < FAKE_INPUT; at += SN_CHUNK_DATA) {
        uint32_t length = FAKE_INPUT - at < SN_CHUNK_DATA ? FAKE_INPUT - at : SN_CHUNK_DATA;
        uint8_t encoded[SN_CHUNK_ENCODED];
        sn_chunk chunk = {.type = SN_CHUNK_IMAGE, .offset = at, .data = {&image[at], length}};
        on_console(virtual_board_stage(encoded, sn_chunk_encode(&chunk, encoded)));
        CHECK(says(fake_line(virtual_machine), "! image next="));
    }
    CHECK_TEXT(fake_line(virtual_machine), "! image state=ok");
}

static void an_inference_takes_its_output_from_the_activation_buffer(void) {
    virtual_board_boot(SN_ROLE_FULL);
    put_image();
    CHECK_TEXT(virtual_board_ask("infer"), "ok id=1");
    CHECK_UINT(virtual_machine->loaded, 1);
    CHECK_UINT(virtual_machine->invoked, 1);
    memset(activation(), 0, FAKE_CLASSES);
    activation()[4] = 77;
    on_invoked(SN_OK, 0, FAKE_CLASSES);
    CHECK(says(fake_line(virtual_machine), "! infer id=1 state=ok top5=4:77,"));
    CHECK_TEXT(virtual_board_ask("infer"), "ok id=2");
    on_invoked(SN_ERR_INVOKE, virtual_board_stage_text("it failed"), 0);
    CHECK_TEXT(fake_line(virtual_machine), "! infer id=2 state=err code=invoke msg=\"it failed\"");
    virtual_board_end();
}

static void wifi_and_links_come_and_go_with_a_sentence(void) {
    virtual_board_boot(SN_ROLE_HEAD);
    CHECK_TEXT(virtual_board_ask("wifi ssid=net password=12345678"), "ok");
    CHECK_TEXT(virtual_machine->ssid, "net");
    CHECK_TEXT(virtual_machine->password, "12345678");
    on_wifi(SN_OK, virtual_board_stage_text("10.0.0.2"));
    CHECK_TEXT(fake_line(virtual_machine), "! wifi state=up ip=10.0.0.2");
    on_wifi(SN_ERR_WIFI, virtual_board_stage_text("gone away"));
    CHECK_TEXT(fake_line(virtual_machine), "! wifi state=down code=wifi msg=\"gone away\"");
    CHECK_TEXT(virtual_board_ask("edge host=10.0.0.1 port=4000"), "ok host=10.0.0.1 port=4000");
    CHECK_TEXT(virtual_board_ask("link via=tcp state=up"), "ok");
    CHECK_TEXT(virtual_machine->link_host, "10.0.0.1");
    CHECK_UINT(virtual_machine->link_port, 4000);
    on_link(SN_VIA_TCP, SN_ERR_EDGE_UNREACHABLE, virtual_board_stage_text("nobody there"));
    CHECK_TEXT(fake_line(virtual_machine), "! link via=tcp state=down code=edge_unreachable msg=\"nobody there\"");
    virtual_board_end();
}

static void a_deadline_is_a_time_and_none_is_minus_one(void) {
    virtual_board_boot(SN_ROLE_HEAD);
    virtual_machine->now_us = 1000;
    CHECK_TEXT(virtual_board_ask("edge host=h port=1"), "ok host=h port=1");
    CHECK_TEXT(virtual_board_ask("link via=tcp state=up"), "ok");
    CHECK(on_timer() == 10001000);
    virtual_machine->now_us = 10001000;
    CHECK(on_timer() == -1);
    CHECK(says(fake_line(virtual_machine), "state=down code=edge_unreachable"));
    virtual_board_end();
}

static void frames_pass_with_address_and_signal_strength(void) {
    static const uint8_t frame[] = {1, 2, 3};
    virtual_board_boot(SN_ROLE_NONE);
    CHECK_TEXT(virtual_board_ask("role set=gateway channel=3"), "ok role=gateway");
    on_link(SN_VIA_ESPNOW, SN_OK, 0);
    CHECK_TEXT(fake_line(virtual_machine), "! link via=espnow state=up");
    on_receive(SN_VIA_ESPNOW, 0x02000000004C, -60, virtual_board_stage(frame, sizeof frame));
    uint8_t plain[64];
    sn_chunk record;
    CHECK(sn_chunk_unpack(&record, plain, fake_frame(virtual_machine, plain, sizeof plain)));
    CHECK_BYTES(record.data.data, 7, "\x02\0\0\0\0\x4C\xC4", 7);
    CHECK_BYTES(&record.data.data[15], record.data.length - 15, frame, sizeof frame);

    static const uint8_t out[] = {0x02, 0, 0, 0, 0, 0x4D, 9};
    uint8_t encoded[SN_CHUNK_ENCODED];
    sn_chunk transmit = {.type = SN_CHUNK_TRANSMIT, .offset = 1, .data = {out, sizeof out}};
    virtual_machine->link_room = 0;
    on_console(virtual_board_stage(encoded, sn_chunk_encode(&transmit, encoded)));
    CHECK_UINT(virtual_machine->sent_length, 0);
    virtual_machine->link_room = 100;
    on_writable(SN_VIA_ESPNOW);
    fake_frame_lead lead;
    memcpy(&lead, virtual_machine->sent, sizeof lead);
    CHECK_UINT(lead.to, 0x02000000004Du);
    CHECK_UINT(virtual_machine->sent[sizeof lead], 9);
    (void)fake_frame(virtual_machine, plain, sizeof plain);
    virtual_board_end();
}

static void an_update_goes_to_the_machine(void) {
    static uint8_t content[100];
    virtual_board_boot(SN_ROLE_NONE);
    CHECK(says(virtual_board_ask("update what=app size=100 "
                                 "sha256=cd00e292c5970d3c5e2f0ffa5171e555bc46bfc4faddfb4a418b6840b86e79a3"),
               "ok chunk=1024"));
    CHECK_UINT(virtual_machine->update_begins, 1);
    CHECK_UINT(virtual_machine->update_what, SN_UPDATE_APP);
    uint8_t encoded[SN_CHUNK_ENCODED];
    sn_chunk chunk = {.type = SN_CHUNK_UPDATE, .data = {content, sizeof content}};
    on_console(virtual_board_stage(encoded, sn_chunk_encode(&chunk, encoded)));
    CHECK_TEXT(fake_line(virtual_machine), "! update next=100");
    CHECK_TEXT(fake_line(virtual_machine), "! update state=ok");
    CHECK_UINT(virtual_machine->update_ends, 1);
    virtual_board_end();
}

static void what_runs_on_trial_is_confirmed_by_the_machine(void) {
    virtual_board_boot(SN_ROLE_HEAD);
    CHECK_TEXT(virtual_board_ask("update what=model confirm=1"), "ok what=model");
    CHECK_UINT(virtual_machine->update_confirms, 1);
    CHECK_UINT(virtual_machine->update_what, SN_UPDATE_MODEL);
    virtual_board_end();
}

static void baud_rate_and_restart_are_the_machines(void) {
    virtual_board_boot(SN_ROLE_NONE);
    CHECK_TEXT(virtual_board_ask("baud rate=921600"), "ok rate=921600");
    CHECK_UINT(virtual_machine->baud, 921600);
    CHECK_TEXT(virtual_board_ask("reboot"), "ok");
    CHECK_UINT(virtual_machine->restarts, 1);
    virtual_board_end();
}

static void memory_figures_are_what_the_buffers_leave(void) {
    virtual_board_boot(SN_ROLE_NONE);
    char expected[64];
    uint32_t used = ARENA_SIZE + 2 * TENSOR_CAPACITY + 128 + IMAGE_CAPACITY + OUTPUT_CAPACITY;
    uint32_t free = 8388608 - used;
    snprintf(expected, sizeof expected, " psram_free=%u psram_least=%u stacks=core:%u", free, free,
             VIRTUAL_BOARD_RESERVE);
    const char *stats = virtual_board_ask("stats");
    CHECK(says(stats, expected));
    CHECK(!says(stats, "heap_free")); /* it is no model of a chip's internal memory */
    CHECK(sn_node_size() <= NODE_CAPACITY);
    virtual_board_end();
}

static const test_case virtual_cases[] = {
    TEST(the_board_says_what_the_machine_told_it_at_boot),
    TEST(a_partition_without_a_label_is_none_and_long_texts_are_cut),
    TEST(a_model_that_does_not_fit_the_boards_buffer_is_refused),
    TEST(an_inference_takes_its_output_from_the_activation_buffer),
    TEST(wifi_and_links_come_and_go_with_a_sentence),
    TEST(a_deadline_is_a_time_and_none_is_minus_one),
    TEST(frames_pass_with_address_and_signal_strength),
    TEST(an_update_goes_to_the_machine),
    TEST(what_runs_on_trial_is_confirmed_by_the_machine),
    TEST(baud_rate_and_restart_are_the_machines),
    TEST(memory_figures_are_what_the_buffers_leave),
};
static SUITE(virtual_board, virtual_cases);

const test_suite *const test_suites[] = {&virtual_board, NULL};
