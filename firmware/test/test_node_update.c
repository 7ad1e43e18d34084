/* SPDX-License-Identifier: MIT */
/* A new application or model comes over the console. */
#include <stdio.h>
#include <string.h>

#include "console/chunk.h"
#include "base/crc.h"
#include "fake_port.h"
#include "sha256.h"
#include "test.h"
#include "updates.h"

static void send(fake_port *fake, uint32_t offset, uint32_t length) {
    uint8_t encoded[SN_CHUNK_ENCODED];
    sn_chunk chunk = {.type = SN_CHUNK_UPDATE, .offset = offset, .data = {&update_content[offset], length}};
    fake->deadline = sn_node_on_console(fake->node, encoded, sn_chunk_encode(&chunk, encoded));
}

static void check_next(fake_port *fake, uint32_t next) {
    char expected[64];
    snprintf(expected, sizeof expected, "! update next=%u", next);
    CHECK_TEXT(fake_line(fake), expected);
}

/* Sends `content` from `from` to `to`, each chunk being acknowledged. */
static void send_range(fake_port *fake, uint32_t from, uint32_t to) {
    for (uint32_t at = from; at < to; at += SN_CHUNK_DATA) {
        uint32_t length = to - at < SN_CHUNK_DATA ? to - at : SN_CHUNK_DATA;
        send(fake, at, length);
        check_next(fake, at + length);
    }
}

static void an_application_is_written_and_becomes_the_one_to_try(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)), UPDATE_READY);
    send_range(fake, 0, UPDATE_APP_SIZE);
    CHECK_TEXT(fake_line(fake), "! update state=ok");
    CHECK_UINT(fake->update_what, SN_UPDATE_APP);
    CHECK_BYTES(fake->update, fake->update_length, update_content, UPDATE_APP_SIZE);
    CHECK_UINT(fake->update_ends, 1);
    fake_free(fake);
}

static void a_board_without_a_model_takes_one(void) {
    fake_port *fake = fake_new();
    fake_boot(fake);
    fake->console_length = 0;
    update_make_model();
    CHECK_TEXT(fake_ask(fake, update_announcement("model", UPDATE_MODEL_SIZE)), UPDATE_READY);
    send_range(fake, 0, UPDATE_MODEL_SIZE);
    CHECK_TEXT(fake_line(fake), "! update state=ok");
    CHECK_UINT(fake->update_what, SN_UPDATE_MODEL);
    CHECK_BYTES(fake->update, fake->update_length, update_content, UPDATE_MODEL_SIZE);
    fake_free(fake);
}

static void chunks_out_of_order_repeated_or_damaged_are_dropped_and_answered_by_where_to_go_on(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)), UPDATE_READY);
    send(fake, 1024, 1024);
    check_next(fake, 0);
    send_range(fake, 0, 2048);
    send(fake, 1024, 1024);
    check_next(fake, 2048);
    send(fake, 2048, 0);
    check_next(fake, 2048);
    uint8_t encoded[SN_CHUNK_ENCODED];
    sn_chunk chunk = {.type = SN_CHUNK_UPDATE, .offset = 2048, .data = {&update_content[2048], 1024}};
    size_t size = sn_chunk_encode(&chunk, encoded);
    encoded[100] ^= 0x40;
    sn_node_on_console(fake->node, encoded, size);
    check_next(fake, 2048);
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 4);
    send_range(fake, 2048, UPDATE_APP_SIZE);
    CHECK_TEXT(fake_line(fake), "! update state=ok");
    CHECK_BYTES(fake->update, fake->update_length, update_content, UPDATE_APP_SIZE);
    fake_free(fake);
}

static void a_chunk_that_reaches_beyond_the_end_is_dropped(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 1500)), UPDATE_READY);
    send_range(fake, 0, 1024);
    send(fake, 1024, 477);
    check_next(fake, 1024);
    for (int times = 0; times < 2; times++) { /* what was said the first time may have been lost on the line */
        send(fake, 1024, 476);
        check_next(fake, 1500);
        CHECK_TEXT(fake_line(fake), "! update state=ok");
    }
    CHECK_UINT(fake->update_ends, 1);
    fake_free(fake);
}

static void content_with_another_sha256_is_refused(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)), UPDATE_READY);
    update_content[4999] ^= 1;
    send_range(fake, 0, UPDATE_APP_SIZE);
    CHECK_TEXT(fake_line(fake), "! update state=err code=update_sha256 msg=\"what came does not have the SHA-256 that "
                                "was announced: send it again\"");
    fake_free(fake);
}

static void what_the_machine_cannot_run_is_refused(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_app();
    fake->update_end_fails = SN_ERR_UPDATE_INVALID;
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)), UPDATE_READY);
    send_range(fake, 0, 100);
    CHECK_TEXT(fake_line(fake),
               "! update state=err code=update_invalid msg=\"what came is no application that this board can run\"");
    fake->update_end_fails = SN_ERR_STORAGE;
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)), UPDATE_READY);
    send_range(fake, 0, 100);
    CHECK_TEXT(fake_line(fake), "! update state=err code=storage msg=\"what came could not be made the one to try\"");
    fake_free(fake);
}

static void a_flash_that_fails_ends_the_update_and_what_still_comes_is_only_counted(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)), UPDATE_READY);
    send_range(fake, 0, 1024);
    fake->update_write_fails = SN_ERR_STORAGE;
    send(fake, 1024, 1024);
    CHECK_TEXT(fake_line(fake), "! update state=err code=storage msg=\"the flash could not be written\"");
    send(fake, 2048, 1024);
    CHECK(fake_line(fake) == NULL);
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 1);
    fake->update_write_fails = SN_ERR_UPDATE_INVALID;
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)), UPDATE_READY);
    send(fake, 0, 1024);
    CHECK_TEXT(fake_line(fake),
               "! update state=err code=update_invalid msg=\"what came is no application that this board can run\"");
    fake_free(fake);
}

static void a_model_without_a_sound_header_is_refused_as_soon_as_that_is_known(void) {
    static const uint32_t spoilt[] = {0, 4, 8, 2000, 4095};
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        fake_port *fake = fake_in_role(SN_ROLE_HEAD);
        update_make_model();
        update_content[spoilt[i]] ^= 1;
        if (spoilt[i] < 12) { /* not only the CRC is wrong */
            sn_put_u32(&update_content[4092], sn_crc32(0, update_content, 4092));
        }
        CHECK_TEXT(fake_ask(fake, update_announcement("model", UPDATE_MODEL_SIZE)), UPDATE_READY);
        send_range(fake, 0, 3072);
        send(fake, 3072, 1024);
        CHECK_TEXT(fake_line(fake), "! update state=err code=update_invalid msg=\"what came is not a model slot's "
                                    "content of this format\"");
        CHECK_UINT(fake->update_ends, 0);
        fake_free(fake);
    }
}

static void a_models_header_may_come_in_any_pieces(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_model();
    CHECK_TEXT(fake_ask(fake, update_announcement("model", UPDATE_MODEL_SIZE)), UPDATE_READY);
    for (uint32_t at = 0, seed = 5; at < UPDATE_MODEL_SIZE;) {
        uint32_t length = 1 + test_random(&seed) % 700;
        length = length < UPDATE_MODEL_SIZE - at ? length : UPDATE_MODEL_SIZE - at;
        send(fake, at, length);
        at += length;
        check_next(fake, at);
    }
    CHECK_TEXT(fake_line(fake), "! update state=ok");
    fake_free(fake);
}

static void a_second_update_takes_the_place_of_the_first(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)), UPDATE_READY);
    send_range(fake, 0, 2048);
    update_make_model();
    CHECK_TEXT(fake_ask(fake, update_announcement("model", UPDATE_MODEL_SIZE)), UPDATE_READY);
    CHECK_UINT(fake->update_begins, 2);
    send(fake, 2048, 1024);
    check_next(fake, 0);
    send_range(fake, 0, UPDATE_MODEL_SIZE);
    CHECK_TEXT(fake_line(fake), "! update state=ok");
    CHECK_BYTES(fake->update, fake->update_length, update_content, UPDATE_MODEL_SIZE);
    fake_free(fake);
}

static void an_update_and_an_image_take_each_others_place(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    update_make_app();
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), UPDATE_READY);
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)), UPDATE_READY);
    send_range(fake, 0, 1024);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=busy msg=\"an update is on its way to the board\"");
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=10"), "err code=busy msg=\"an update is on its way to the board\"");
    fake_store_image(fake);
    send(fake, 1024, 1024);
    CHECK(fake_line(fake) == NULL);
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)), UPDATE_READY);
    send_range(fake, 0, 100);
    CHECK_TEXT(fake_line(fake), "! update state=ok");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=2"); /* a complete image stays */
    fake_free(fake);
}

static void chunks_that_nobody_announced_are_only_counted(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    send(fake, 0, 100);
    CHECK(fake_line(fake) == NULL);
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 1);
    fake_free(fake);
}

static void a_board_at_work_takes_no_update(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    fake_store_image(fake);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=2");
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)),
               "err code=busy msg=\"an inference, a round trip or a read is under way\"");
    CHECK_UINT(fake->update_begins, 0);
    fake_free(fake);
}

static void a_tail_refuses_activations_while_an_update_is_on_its_way(void) {
    fake_port *fake = fake_linked(SN_ROLE_TAIL);
    static const uint8_t activation[FAKE_CROSSING] = {1};
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE)), UPDATE_READY);
    fake_peer_sends(fake, SN_FRAME_DATA, 0, 2, FAKE_MODEL_ID, activation, sizeof activation);
    sn_header header;
    sn_body body;
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_ERROR);
    CHECK_UINT(sn_get_u16(body.payload.data), SN_ERR_BUSY);
    CHECK_UINT(fake->invoked, 0);
    fake_free(fake);
}

static void a_gateway_takes_no_update(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "role set=gateway"), "ok role=gateway");
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)),
               "err code=not_supported_in_role msg=\"end the gateway first, by role set=model\"");
    fake_free(fake);
}

static void what_the_flash_has_no_room_for_is_refused(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    char line[160];
    snprintf(line, sizeof line, "update what=app size=%u sha256=%s", FAKE_SLOT + 1,
             "0000000000000000000000000000000000000000000000000000000000000000");
    CHECK_TEXT(fake_ask(fake, line), "err code=bad_argument msg=\"size is larger than the partition\"");
    update_make_app();
    fake->update_begin_fails = SN_ERR_UNSUPPORTED;
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)),
               "err code=unsupported msg=\"the flash has only one partition of that kind\"");
    fake->update_begin_fails = SN_ERR_STORAGE;
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)),
               "err code=storage msg=\"the partition could not be prepared\"");
    send(fake, 0, 100);
    CHECK(fake_line(fake) == NULL);
    fake_free(fake);
}

static const test_case node_update_cases[] = {
    TEST(an_application_is_written_and_becomes_the_one_to_try),
    TEST(a_board_without_a_model_takes_one),
    TEST(chunks_out_of_order_repeated_or_damaged_are_dropped_and_answered_by_where_to_go_on),
    TEST(a_chunk_that_reaches_beyond_the_end_is_dropped),
    TEST(content_with_another_sha256_is_refused),
    TEST(what_the_machine_cannot_run_is_refused),
    TEST(a_flash_that_fails_ends_the_update_and_what_still_comes_is_only_counted),
    TEST(a_model_without_a_sound_header_is_refused_as_soon_as_that_is_known),
    TEST(a_models_header_may_come_in_any_pieces),
    TEST(a_second_update_takes_the_place_of_the_first),
    TEST(an_update_and_an_image_take_each_others_place),
    TEST(chunks_that_nobody_announced_are_only_counted),
    TEST(a_board_at_work_takes_no_update),
    TEST(a_tail_refuses_activations_while_an_update_is_on_its_way),
    TEST(a_gateway_takes_no_update),
    TEST(what_the_flash_has_no_room_for_is_refused),
};
SUITE(node_update, node_update_cases);
