/* SPDX-License-Identifier: MIT */
/* What fails because verb `fail` has asked for it, and that nothing is left of it. */
#include <stdio.h>
#include <string.h>

#include "console/chunk.h"
#include "head.h"
#include "tail.h"
#include "test.h"
#include "updates.h"

/* Announces and sends an application; returns the last thing that the board says to it. */
static const char *update(fake_port *fake) {
    const char *line = fake_ask(fake, update_announcement("app", UPDATE_APP_SIZE));
    for (uint32_t at = 0; strncmp(line, "ok ", 3) == 0 || strncmp(line, "! update next=", 14) == 0;) {
        if (at < UPDATE_APP_SIZE) {
            uint8_t encoded[SN_CHUNK_ENCODED];
            uint32_t length = UPDATE_APP_SIZE - at < SN_CHUNK_DATA ? UPDATE_APP_SIZE - at : SN_CHUNK_DATA;
            sn_chunk chunk = {.type = SN_CHUNK_UPDATE, .offset = at, .data = {&update_content[at], length}};
            fake->deadline = sn_node_on_console(fake->node, encoded, sn_chunk_encode(&chunk, encoded));
            at += length;
        }
        line = fake_line(fake);
    }
    return line;
}

#ifndef SN_TEST_BUILD

static void nothing_fails_in_a_production_build(void) {
    fake_port *fake = fake_in_role(SN_ROLE_FULL);
    static const char *const requests[] = {"fail what=invoke", "fail what=alloc", "fail what=storage"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        CHECK(strncmp(fake_ask(fake, requests[i]), "err code=unsupported ", 21) == 0);
    }
    fake_store_image(fake);
    CHECK_TEXT(fake_ask(fake, "infer"), "ok id=1");
    fake_finish_invoke(fake);
    CHECK(strncmp(fake_line(fake), "! infer id=1 state=ok", 21) == 0);
    update_make_app();
    CHECK_TEXT(update(fake), "! update state=ok");
    fake_free(fake);
}

static const test_case faults_cases[] = {
    TEST(nothing_fails_in_a_production_build),
};

#else

#define FAILED "state=err code=invoke msg=\"this invocation was to fail, as verb fail has asked\""

static sn_header header;
static sn_bytes body;

static void expect_faults(fake_port *fake, uint64_t made, uint64_t armed) {
    CHECK_UINT(fake_count(fake, "faults"), made);
    CHECK_UINT(fake_count(fake, "faults_armed"), armed);
}

static void an_invocation_of_a_head_fails_once_and_the_next_one_is_its_own(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_UDP);
    CHECK_TEXT(fake_ask(fake, "#5 fail what=invoke"), "#5 ok what=invoke after=0");
    expect_faults(fake, 0, 1);
    CHECK_TEXT(fake_ask(fake, "infer via=udp"), "ok id=2");
    CHECK_UINT(fake->invoked, 1); /* the model has run */
    fake_finish_invoke(fake);
    CHECK_TEXT(fake_line(fake), "! infer id=2 " FAILED);
    packets_expect_nothing(fake);
    expect_faults(fake, 1, 0);
    CHECK_TEXT(fake_ask(fake, "infer via=udp"), "ok id=3");
    fake_finish_invoke(fake);
    CHECK(packets_get(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_DATA);
    CHECK_UINT(header.message, 3);
    fake_free(fake);
}

static void as_many_as_were_asked_for_go_well_first_and_a_later_request_takes_the_place_of_an_earlier(void) {
    fake_port *fake = fake_in_role(SN_ROLE_FULL);
    fake_store_image(fake);
    CHECK_TEXT(fake_ask(fake, "fail what=invoke after=0"), "ok what=invoke after=0");
    CHECK_TEXT(fake_ask(fake, "fail what=invoke after=2"), "ok what=invoke after=2");
    for (uint32_t id = 1; id <= 4; id++) {
        char expected[160];
        snprintf(expected, sizeof expected, "ok id=%u", id);
        CHECK_TEXT(fake_ask(fake, "infer"), expected);
        fake_finish_invoke(fake);
        snprintf(expected, sizeof expected, "! infer id=%u %s", id, id == 3 ? FAILED : "state=ok");
        CHECK(strncmp(fake_line(fake), expected, strlen(expected)) == 0);
    }
    expect_faults(fake, 1, 0);
    fake_free(fake);
}

static void an_invocation_of_a_tail_fails_and_its_head_hears_of_it(void) {
    fake_port *fake = tail_on(SN_VIA_BLE);
    CHECK_TEXT(fake_ask(fake, "fail what=invoke after=0"), "ok what=invoke after=0");
    tail_put_whole(fake, 2);
    fake_finish_invoke(fake);
    packets_expect_error(fake, 2, SN_ERR_INVOKE);
    tail_put_whole(fake, 3);
    fake_finish_invoke(fake);
    tail_expect_result(fake, 3);
    fake_free(fake);
}

static void without_memory_a_link_is_refused_and_opens_the_next_time(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "edge host=edge.local port=4000"), "ok host=edge.local port=4000");
    CHECK_TEXT(fake_ask(fake, "fail what=alloc after=0"), "ok what=alloc after=0");
    CHECK_TEXT(fake_ask(fake, "link via=udp state=up"), "err code=radio msg=\"opening the link could not be started\"");
    CHECK_UINT(fake->link_opens, 0);
    expect_faults(fake, 1, 0);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=up"), "ok");
    CHECK_UINT(fake->link_opens, 1);
    fake_free(fake);
}

static void a_frame_without_memory_goes_out_a_little_later_and_none_is_lost(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_ESPNOW);
    CHECK_TEXT(fake_ask(fake, "fail what=alloc after=2"), "ok what=alloc after=2");
    CHECK_TEXT(fake_ask(fake, "infer via=espnow"), "ok id=2");
    fake_finish_invoke(fake);
    for (uint16_t index = 0; index < TAIL_FRAGMENTS; index++) {
        if (index == 2) {
            packets_expect_nothing(fake);
            expect_faults(fake, 1, 0);
            fake_pass(fake, 1999);
            packets_expect_nothing(fake);
            fake_pass(fake, 1);
        }
        CHECK(packets_get(fake, &header, &body));
        CHECK_UINT(header.message, 2);
        CHECK_UINT(header.index, index);
    }
    packets_expect_nothing(fake);
    CHECK_UINT(fake_count(fake, "resent"), 0);
    fake_free(fake);
}

static void a_stream_without_memory_goes_on_a_little_later(void) {
    fake_port *fake = head_ready();
    sn_body message;
    CHECK_TEXT(fake_ask(fake, "fail what=alloc after=1"), "ok what=alloc after=1");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=2");
    fake_finish_invoke(fake);
    CHECK(!fake_peer_gets(fake, &header, &message));
    fake_pass(fake, 2000);
    CHECK(fake_peer_gets(fake, &header, &message));
    CHECK_UINT(header.message, 2);
    CHECK_BYTES(message.payload.data, message.payload.length, fake->input, FAKE_CROSSING);
    fake_free(fake);
}

static void what_had_no_memory_is_forgotten_with_its_link(void) {
    fake_port *fake = head_ready();
    CHECK_TEXT(fake_ask(fake, "fail what=alloc"), "ok what=alloc after=0");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=2");
    fake_finish_invoke(fake);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=down"), "ok");
    CHECK(strstr(fake_line(fake), "! infer id=2 state=err code=link_down") != NULL);
    CHECK(strstr(fake_line(fake), "! link via=tcp state=down") != NULL);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void a_gateways_frame_without_memory_goes_out_a_little_later(void) {
    fake_port *fake = fake_new();
    fake_boot(fake);
    fake->console_length = 0;
    CHECK_TEXT(fake_ask(fake, "fail what=alloc after=1"), "ok what=alloc after=1"); /* the first one is the opening */
    CHECK_TEXT(fake_ask(fake, "role set=gateway channel=6"), "ok role=gateway");
    fake_link(fake, SN_OK, NULL);
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=up");
    static const uint8_t record[6 + 20] = {2};
    uint8_t encoded[SN_CHUNK_ENCODED];
    sn_chunk transmit = {.type = SN_CHUNK_TRANSMIT, .offset = 1, .data = {record, sizeof record}};
    fake->deadline = sn_node_on_console(fake->node, encoded, sn_chunk_encode(&transmit, encoded));
    CHECK_UINT(fake->sent_length, 0);
    fake_pass(fake, 2000);
    CHECK_UINT(fake->sent_length, sizeof(fake_frame_lead) + 20);
    CHECK_UINT(fake_frame(fake, encoded, sizeof encoded), 9); /* it is taken */
    fake_free(fake);
}

static void each_step_of_an_update_that_fails_ends_it_and_the_next_update_is_whole(void) {
    static const char *const ends[] = {
        "err code=storage msg=\"the partition could not be prepared\"",
        "! update state=err code=storage msg=\"the flash could not be written\"",
        "! update state=err code=storage msg=\"the flash could not be written\"",
        "! update state=err code=storage msg=\"the flash could not be written\"",
        "! update state=err code=storage msg=\"the flash could not be written\"",
        "! update state=err code=storage msg=\"the flash could not be written\"",
        "! update state=err code=storage msg=\"what came could not be made the one to try\"",
    };
    update_make_app();
    for (uint32_t after = 0; after < sizeof ends / sizeof ends[0]; after++) {
        fake_port *fake = fake_in_role(SN_ROLE_HEAD);
        char request[40];
        snprintf(request, sizeof request, "fail what=storage after=%u", after);
        CHECK(fake_ask(fake, request) != NULL);
        CHECK_TEXT(update(fake), ends[after]);
        CHECK_UINT(fake->update_ends, 0);
        expect_faults(fake, 1, 0);
        CHECK_TEXT(update(fake), "! update state=ok");
        CHECK_BYTES(fake->update, fake->update_length, update_content, UPDATE_APP_SIZE);
        fake_free(fake);
    }
}

static void what_could_not_be_confirmed_stays_on_trial(void) {
    fake_port *fake = fake_new();
    fake_write_slot(fake, SN_ROLE_HEAD);
    fake->identity.model_on_trial = true;
    fake_boot(fake);
    fake->console_length = 0;
    CHECK_TEXT(fake_ask(fake, "fail what=storage"), "ok what=storage after=0");
    CHECK_TEXT(fake_ask(fake, "update what=model confirm=1"),
               "err code=storage msg=\"what runs on trial could not be made permanent\"");
    CHECK_UINT(fake->update_confirms, 0);
    CHECK(strstr(fake_ask(fake, "info"), " trial=model ") != NULL);
    CHECK_TEXT(fake_ask(fake, "update what=model confirm=1"), "ok what=model");
    fake_free(fake);
}

static void what_is_armed_does_not_outlive_a_reset(void) {
    fake_port *fake = fake_in_role(SN_ROLE_FULL);
    CHECK_TEXT(fake_ask(fake, "fail what=invoke"), "ok what=invoke after=0");
    CHECK_TEXT(fake_ask(fake, "fail what=storage after=3"), "ok what=storage after=3");
    CHECK_TEXT(fake_ask(fake, "fail what=alloc after=3"), "ok what=alloc after=3");
    expect_faults(fake, 0, 3);
    fake_boot(fake);
    fake->console_length = fake->console_read = 0;
    expect_faults(fake, 0, 0);
    fake_store_image(fake);
    CHECK_TEXT(fake_ask(fake, "infer"), "ok id=1");
    fake_finish_invoke(fake);
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    fake_free(fake);
}

static const test_case faults_cases[] = {
    TEST(an_invocation_of_a_head_fails_once_and_the_next_one_is_its_own),
    TEST(as_many_as_were_asked_for_go_well_first_and_a_later_request_takes_the_place_of_an_earlier),
    TEST(an_invocation_of_a_tail_fails_and_its_head_hears_of_it),
    TEST(without_memory_a_link_is_refused_and_opens_the_next_time),
    TEST(a_frame_without_memory_goes_out_a_little_later_and_none_is_lost),
    TEST(a_stream_without_memory_goes_on_a_little_later),
    TEST(what_had_no_memory_is_forgotten_with_its_link),
    TEST(a_gateways_frame_without_memory_goes_out_a_little_later),
    TEST(each_step_of_an_update_that_fails_ends_it_and_the_next_update_is_whole),
    TEST(what_could_not_be_confirmed_stays_on_trial),
    TEST(what_is_armed_does_not_outlive_a_reset),
};

#endif

SUITE(faults, faults_cases);
