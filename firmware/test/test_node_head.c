/* SPDX-License-Identifier: MIT */
/* A node in role head, its host on the console and its edge server at the other end of a stream. */
#include <stdio.h>
#include <string.h>

#include "console/chunk.h"
#include "base/crc.h"
#include "fake_port.h"
#include "head.h"
#include "test.h"

static sn_header header;
static sn_body body;

static void an_inference_reports_scores_checksums_and_the_time_of_each_stage(void) {
    fake_port *fake = head_ready();
    fake->now_us = 1000000;
    fake->us_per_look = 10; /* load: one look after the request */
    CHECK_TEXT(fake_ask(fake, "#9 infer via=tcp"), "#9 ok id=2");
    fake->us_per_look = 0;
    CHECK_UINT(fake->invoked, 1);
    fake->now_us = 1000010 + 5000;
    fake->link_room = 100;
    fake_finish_invoke(fake);
    CHECK(!fake_peer_gets(fake, &header, &body));
    fake->now_us += 300;
    fake_take(fake, UINT32_MAX);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_DATA);
    CHECK_UINT(header.message, 2);
    CHECK_UINT(header.flags, 0);
    CHECK_UINT(body.model_id, FAKE_MODEL_ID);
    CHECK_BYTES(body.payload.data, body.payload.length, fake->model_output, FAKE_CROSSING);
    fake->now_us += 2000;
    head_answer(fake, 2);
    char expected[512];
    snprintf(expected, sizeof expected,
             "! infer id=2 state=ok top5=3:200,1:50 act_crc=%08x act_len=1600 rx_crc=aabbccdd load_us=10 "
             "invoke_us=5000 send_us=300 wait_us=2000 total_us=7310 edge_us=900 edge_invoke_us=800 frames=1 resent=0 "
             "wire=1632 out_len=19 "
             "out_crc=%08x",
             sn_crc32(0, fake->model_output, FAKE_CROSSING),
             sn_crc32(0, (const uint8_t[19]){0, 50, 0, 200}, FAKE_CLASSES));
    CHECK_TEXT(fake_line(fake), expected);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void the_stored_image_can_be_used_again(void) {
    fake_port *fake = head_ready();
    for (uint32_t id = 2; id < 5; id++) {
        char expected[32];
        snprintf(expected, sizeof expected, "ok id=%u", id);
        CHECK_TEXT(fake_ask(fake, "infer via=tcp"), expected);
        fake_finish_invoke(fake);
        CHECK_BYTES(fake->input, fake->input_length, fake->image_memory, FAKE_INPUT);
        head_answer(fake, id);
        CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    }
    CHECK_TEXT(fake_stats(fake), "rx_bad_frame=0 rx_bad_crc=0 rx_bad_chunk=0 tx_messages=4 rx_messages=4 "
                                 "infer_ok=3 infer_err=0 uptime_us=0");
    fake_free(fake);
}

static void output_and_activation_can_be_read_in_chunks(void) {
    fake_port *fake = head_ready();
    CHECK_TEXT(fake_ask(fake, "read what=output"),
               "err code=bad_argument msg=\"there is nothing to read: run infer first, in role head with output=1 "
               "for the output\"");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp output=1"), "ok id=2");
    fake_finish_invoke(fake);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.flags, SN_FLAG_WANT_OUTPUT);
    uint8_t result[256];
    fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2, FAKE_MODEL_ID, result, head_make_result(result, true));
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);

    uint8_t plain[2048];
    sn_chunk chunk;
    char expected[64];
    snprintf(expected, sizeof expected, "ok size=1600 crc=%08x", sn_crc32(0, fake->model_output, FAKE_CROSSING));
    CHECK_TEXT(fake_ask(fake, "read what=activation"), expected);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"),
               "err code=busy msg=\"an inference, a round trip or a read is under way\"");
    fake_pass(fake, 0);
    for (uint32_t at = 0; at < FAKE_CROSSING; at += 1024) {
        CHECK(sn_chunk_unpack(&chunk, plain, fake_frame(fake, plain, sizeof plain)));
        CHECK_UINT(chunk.type, SN_CHUNK_READ);
        CHECK_UINT(chunk.offset, at);
        CHECK_BYTES(chunk.data.data, chunk.data.length, &fake->model_output[at], at == 0 ? 1024 : 576);
    }
    CHECK(fake->deadline == SN_NO_DEADLINE);
    snprintf(expected, sizeof expected, "ok size=19 crc=%08x", sn_crc32(0, &result[72], FAKE_CLASSES));
    CHECK_TEXT(fake_ask(fake, "read what=output"), expected);
    fake_pass(fake, 0);
    CHECK(sn_chunk_unpack(&chunk, plain, fake_frame(fake, plain, sizeof plain)));
    CHECK_BYTES(chunk.data.data, chunk.data.length, &result[72], FAKE_CLASSES);
    fake_free(fake);
}

static void what_operators_took_can_be_read(void) {
    fake_port *fake = head_ready();
    CHECK_TEXT(fake_ask(fake, "read what=profile"),
               "err code=bad_argument msg=\"there is nothing to read: run infer first, in role head with output=1 "
               "for the output\"");
    static const uint8_t times[] = {1, 0, 0, 0, 0, 2, 0, 0};
    fake->times = times;
    fake->times_length = sizeof times;
    char expected[64];
    snprintf(expected, sizeof expected, "ok size=8 crc=%08x", sn_crc32(0, times, sizeof times));
    CHECK_TEXT(fake_ask(fake, "read what=profile"), expected);
    fake_pass(fake, 0);
    uint8_t plain[2048];
    sn_chunk chunk;
    CHECK(sn_chunk_unpack(&chunk, plain, fake_frame(fake, plain, sizeof plain)));
    CHECK_BYTES(chunk.data.data, chunk.data.length, times, sizeof times);
    fake_free(fake);
}

static void requests_at_the_wrong_time_are_refused(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=link_down msg=\"the link is not up: wait for its event after "
                                                "link state=up\"");
    (void)fake_ask(fake, "edge host=a port=1");
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "ok");
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "err code=busy msg=\"the link is being opened or is in use\"");
    fake_free(fake);
    fake = fake_linked(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=no_image msg=\"there is no image: send one with image\"");
    fake_store_image(fake);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=2");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"),
               "err code=busy msg=\"an inference, a round trip or a read is under way\"");
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=1"), "err code=busy msg=\"an inference or a round trip is under way\"");
    CHECK_TEXT(fake_ask(fake, "read what=output"), "err code=busy msg=\"an inference or another read is under way\"");
    CHECK_TEXT(fake_ask(fake, "infer"),
               "err code=bad_argument msg=\"via is the kind of link: tcp, udp, espnow or ble\"");
    fake_free(fake);
}

static void what_the_machine_cannot_start_is_refused(void) {
    fake_port *fake = head_ready();
    fake->load_fails = SN_ERR_IMAGE_SIZE;
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"),
               "err code=image_size msg=\"the input could not be given to the model\"");
    fake->load_fails = SN_OK;
    fake->invoke_fails = SN_ERR_INVOKE;
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=invoke msg=\"the model could not be started\"");
    fake->invoke_fails = SN_OK;
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=2");
    fake_free(fake);
    fake = fake_in_role(SN_ROLE_HEAD);
    fake->link_fails = SN_ERR_WIFI;
    (void)fake_ask(fake, "edge host=a port=1");
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "err code=wifi msg=\"opening the link could not be started\"");
    fake_free(fake);
}

static void a_model_that_fails_ends_the_inference(void) {
    fake_port *fake = head_ready();
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=2");
    sn_node_on_invoked(fake->node, SN_ERR_INVOKE, "operator 3 failed", NULL, 0);
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=invoke msg=\"operator 3 failed\"");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=3");
    sn_node_on_invoked(fake->node, SN_OK, NULL, fake->model_output, 7);
    CHECK_TEXT(fake_line(fake),
               "! infer id=3 state=err code=tensor_size msg=\"the model's output does not have the size "
               "that the slot's header says\"");
    fake_free(fake);
}

static void no_answer_within_10_s_ends_the_inference_and_a_late_one_is_dropped(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    fake_pass(fake, 9999999);
    CHECK(fake_line(fake) == NULL);
    fake_pass(fake, 1);
    CHECK_TEXT(fake_line(fake),
               "! infer id=2 state=err code=edge_timeout msg=\"the edge server gave no answer within 10 s\"");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    head_answer(fake, 2);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=3");
    fake_finish_invoke(fake);
    head_answer(fake, 2);
    CHECK(fake_line(fake) == NULL);
    head_answer(fake, 3);
    CHECK(strstr(fake_line(fake), "! infer id=3 state=ok") != NULL);
    fake_free(fake);
}

static void an_error_of_the_edge_is_passed_on_with_its_name_and_text(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 2, FAKE_MODEL_ID, "\x17\0\x06\0n\0o\rwy", 10);
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=invoke msg=n?o?wy");
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 3, FAKE_MODEL_ID, "\xFF\xFF\0\0", 4);
    CHECK_TEXT(fake_line(fake), "! infer id=3 state=err code=unknown msg=\"\"");
    fake_free(fake);
}

static void a_broken_result_ends_the_inference(void) {
    static const struct {
        uint32_t at;
        uint8_t value;
    } damages[] = {{0, 6}, {1, 0}, {1, 11}, {2, 3}, {4, 19}};
    fake_port *fake = head_ready();
    uint8_t result[256];
    for (uint32_t i = 0; i < sizeof damages / sizeof damages[0] + 2; i++) {
        (void)fake_ask(fake, "infer via=tcp output=1");
        fake_finish_invoke(fake);
        uint32_t length = head_make_result(result, true);
        if (i < sizeof damages / sizeof damages[0]) {
            result[damages[i].at] = damages[i].value;
        } else if (i == sizeof damages / sizeof damages[0]) {
            result[80] ^= 1; /* the output vector */
        } else {
            length--;
        }
        fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2 + i, FAKE_MODEL_ID, result, length);
        char expected[128];
        snprintf(expected, sizeof expected,
                 "! infer id=%u state=err code=protocol msg=\"the edge's RESULT breaks the protocol's specification\"",
                 2 + i);
        CHECK_TEXT(fake_line(fake), expected);
    }
    fake_free(fake);
}

static void an_error_that_comes_before_the_activation_is_out_is_passed_on_and_the_frame_completed(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake->link_room = 700;
    fake_finish_invoke(fake);
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 2, FAKE_MODEL_ID, "\x05\0\x04\0late", 8);
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=busy msg=late");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"),
               "err code=busy msg=\"an inference, a round trip or a read is under way\"");
    fake_take(fake, UINT32_MAX);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(body.payload.length, FAKE_CROSSING);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok id=3");
    fake_free(fake);
}

static void a_result_of_another_model_or_with_too_large_an_output_ends_the_inference(void) {
    fake_port *fake = head_ready();
    uint8_t result[256];
    uint32_t length = head_make_result(result, true);
    (void)fake_ask(fake, "infer via=tcp output=1");
    fake_finish_invoke(fake);
    fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2, FAKE_MODEL_ID + 1, result, length);
    CHECK_TEXT(fake_line(fake),
               "! infer id=2 state=err code=model_mismatch msg=\"the RESULT comes from another model or cut\"");
    (void)fake_ask(fake, "infer via=tcp output=1");
    fake_finish_invoke(fake);
    uint8_t large[72 + FAKE_INPUT + 1] = {0};
    memcpy(large, result, 72);
    sn_put_u32(&large[64], FAKE_INPUT + 1);
    sn_put_u32(&large[68], sn_crc32(0, &large[72], FAKE_INPUT + 1));
    fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, 3, FAKE_MODEL_ID, large, sizeof large);
    CHECK_TEXT(fake_line(fake), "! infer id=3 state=err code=tensor_size msg=\"the output vector is larger than the "
                                "board's buffer\"");
    fake_free(fake);
}

static const test_case node_head_cases[] = {
    TEST(an_inference_reports_scores_checksums_and_the_time_of_each_stage),
    TEST(the_stored_image_can_be_used_again),
    TEST(output_and_activation_can_be_read_in_chunks),
    TEST(what_operators_took_can_be_read),
    TEST(requests_at_the_wrong_time_are_refused),
    TEST(what_the_machine_cannot_start_is_refused),
    TEST(a_model_that_fails_ends_the_inference),
    TEST(no_answer_within_10_s_ends_the_inference_and_a_late_one_is_dropped),
    TEST(an_error_of_the_edge_is_passed_on_with_its_name_and_text),
    TEST(a_broken_result_ends_the_inference),
    TEST(an_error_that_comes_before_the_activation_is_out_is_passed_on_and_the_frame_completed),
    TEST(a_result_of_another_model_or_with_too_large_an_output_ends_the_inference),
};
SUITE(node_head, node_head_cases);
