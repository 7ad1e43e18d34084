/* SPDX-License-Identifier: MIT */
/* A node in role head, its host on the console and its edge server at the other end of a stream. */
#include <stdio.h>
#include <string.h>

#include "chunk.h"
#include "crc.h"
#include "fake_port.h"
#include "test.h"

static sn_header header;
static sn_body body;

static fake_port *ready(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    fake_store_image(fake);
    return fake;
}

/* A RESULT for 19 classes; class 3 has 200 points, class 1 has 50. */
static uint32_t make_result(uint8_t *to, bool with_output) {
    uint8_t scores[FAKE_CLASSES] = {0, 50, 0, 200};
    memset(to, 0, 72);
    to[0] = 2;
    to[1] = SN_UINT8;
    sn_put_u16(&to[2], FAKE_CLASSES);
    sn_put_u16(&to[4], 3);
    sn_put_u32(&to[8], 200);
    sn_put_u16(&to[12], 1);
    sn_put_u32(&to[16], 50);
    sn_put_u32(&to[44], 0xAABBCCDD);
    sn_put_u32(&to[48], 900);
    sn_put_u32(&to[52], 800);
    sn_put_u32(&to[64], FAKE_CLASSES);
    sn_put_u32(&to[68], sn_crc32(0, scores, sizeof scores));
    memcpy(&to[72], scores, sizeof scores);
    return with_output ? 72 + sizeof scores : 72;
}

static void answer(fake_port *fake, uint32_t id) {
    uint8_t result[256];
    fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, id, FAKE_MODEL_ID, result, make_result(result, false));
}

static void the_first_message_is_a_hello_that_describes_the_activation(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    (void)fake_ask(fake, "edge host=edge.local port=4000");
    CHECK_TEXT(fake_ask(fake, "#1 link via=tcp state=up"), "#1 ok");
    CHECK_TEXT(fake->link_host, "edge.local");
    CHECK_UINT(fake->link_port, 4000);
    fake_link(fake, SN_OK, NULL);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_HELLO);
    CHECK_UINT(header.flags, 0);
    CHECK_UINT(header.session, 0x5E551011);
    CHECK_UINT(header.message, 1);
    CHECK_UINT(body.model_id, FAKE_MODEL_ID);
    static const uint8_t hello[] = {1, 1, 0, 0, 0x40, 6, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0};
    CHECK_BYTES(body.payload.data, body.payload.length, hello, sizeof hello);
    fake_peer_greets(fake, SN_FLAG_ANSWER, 1, SN_ROLE_TAIL);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=up");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void an_inference_reports_scores_checksums_and_the_time_of_each_stage(void) {
    fake_port *fake = ready();
    fake->now_us = 1000000;
    fake->us_per_look = 10; /* load: one look after the request */
    CHECK_TEXT(fake_ask(fake, "#9 infer via=tcp"), "#9 ok msg=2");
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
    answer(fake, 2);
    char expected[512];
    snprintf(expected, sizeof expected,
             "! infer msg=2 state=ok top5=3:200,1:50 act_crc=%08x act_len=1600 rx_crc=aabbccdd load_us=10 "
             "invoke_us=5000 send_us=300 wait_us=2000 total_us=7310 edge_us=900 edge_invoke_us=800 out_len=19 "
             "out_crc=%08x",
             sn_crc32(0, fake->model_output, FAKE_CROSSING),
             sn_crc32(0, (const uint8_t[19]){0, 50, 0, 200}, FAKE_CLASSES));
    CHECK_TEXT(fake_line(fake), expected);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void the_stored_image_can_be_used_again(void) {
    fake_port *fake = ready();
    for (uint32_t id = 2; id < 5; id++) {
        char expected[32];
        snprintf(expected, sizeof expected, "ok msg=%u", id);
        CHECK_TEXT(fake_ask(fake, "infer via=tcp"), expected);
        fake_finish_invoke(fake);
        CHECK_BYTES(fake->input, fake->input_length, fake->image_memory, FAKE_INPUT);
        answer(fake, id);
        CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    }
    CHECK_TEXT(fake_ask(fake, "stats"), "ok rx_bad_frame=0 rx_bad_crc=0 rx_bad_chunk=0 tx_messages=4 rx_messages=4 "
                                        "infer_ok=3 infer_err=0 uptime_us=0");
    fake_free(fake);
}

static void output_and_activation_can_be_read_in_chunks(void) {
    fake_port *fake = ready();
    CHECK_TEXT(fake_ask(fake, "read what=output"),
               "err code=bad_argument msg=\"there is nothing to read: run infer first, in role head with output=1 "
               "for the output\"");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp output=1"), "ok msg=2");
    fake_finish_invoke(fake);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.flags, SN_FLAG_WANT_OUTPUT);
    uint8_t result[256];
    fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2, FAKE_MODEL_ID, result, make_result(result, true));
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
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok msg=2");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"),
               "err code=busy msg=\"an inference, a round trip or a read is under way\"");
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=1"), "err code=busy msg=\"an inference or a round trip is under way\"");
    CHECK_TEXT(fake_ask(fake, "read what=output"), "err code=busy msg=\"an inference or another read is under way\"");
    CHECK_TEXT(fake_ask(fake, "infer"),
               "err code=bad_argument msg=\"via is the kind of link: tcp, udp, espnow or ble\"");
    fake_free(fake);
}

static void what_the_machine_cannot_start_is_refused(void) {
    fake_port *fake = ready();
    fake->load_fails = SN_ERR_IMAGE_SIZE;
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"),
               "err code=image_size msg=\"the input could not be given to the model\"");
    fake->load_fails = SN_OK;
    fake->invoke_fails = SN_ERR_INVOKE;
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=invoke msg=\"the model could not be started\"");
    fake->invoke_fails = SN_OK;
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok msg=2");
    fake_free(fake);
    fake = fake_in_role(SN_ROLE_HEAD);
    fake->link_fails = SN_ERR_WIFI;
    (void)fake_ask(fake, "edge host=a port=1");
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "err code=wifi msg=\"opening the link could not be started\"");
    fake_free(fake);
}

static void a_model_that_fails_ends_the_inference(void) {
    fake_port *fake = ready();
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok msg=2");
    sn_node_on_invoked(fake->node, SN_ERR_INVOKE, "operator 3 failed", NULL, 0);
    CHECK_TEXT(fake_line(fake), "! infer msg=2 state=err code=invoke msg=\"operator 3 failed\"");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok msg=3");
    sn_node_on_invoked(fake->node, SN_OK, NULL, fake->model_output, 7);
    CHECK_TEXT(fake_line(fake),
               "! infer msg=3 state=err code=tensor_size msg=\"the model's output does not have the size "
               "that the slot's header says\"");
    fake_free(fake);
}

static void no_answer_within_10_s_ends_the_inference_and_a_late_one_is_dropped(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    fake_pass(fake, 9999999);
    CHECK(fake_line(fake) == NULL);
    fake_pass(fake, 1);
    CHECK_TEXT(fake_line(fake),
               "! infer msg=2 state=err code=edge_timeout msg=\"the edge server gave no answer within 10 s\"");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    answer(fake, 2);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok msg=3");
    fake_finish_invoke(fake);
    answer(fake, 2);
    CHECK(fake_line(fake) == NULL);
    answer(fake, 3);
    CHECK(strstr(fake_line(fake), "! infer msg=3 state=ok") != NULL);
    fake_free(fake);
}

static void a_peer_that_takes_nothing_for_10_s_is_left(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake->link_room = 50;
    fake_finish_invoke(fake);
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake),
               "! infer msg=2 state=err code=edge_timeout msg=\"the peer did not take a message within 10 s\"");
    CHECK_TEXT(fake_line(fake),
               "! link via=tcp state=down code=edge_timeout msg=\"the peer did not take a message within 10 s\"");
    CHECK_UINT(fake->link_closes, 1);
    fake_free(fake);
}

static void a_connection_lost_while_an_answer_is_owed_ends_the_inference(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    fake_link(fake, SN_ERR_EDGE_LOST, "reset by peer");
    CHECK_TEXT(fake_line(fake), "! infer msg=2 state=err code=edge_lost msg=\"reset by peer\"");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_lost msg=\"reset by peer\"");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_link(fake, SN_ERR_EDGE_LOST, "reset by peer");
    fake_free(fake);
}

static void a_connection_lost_during_invoke_is_reported_at_once_and_the_model_runs_out(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_link(fake, SN_ERR_EDGE_LOST, "reset by peer");
    CHECK_TEXT(fake_line(fake), "! infer msg=2 state=err code=edge_lost msg=\"reset by peer\"");
    CHECK(fake_line(fake) != NULL);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "err code=busy msg=\"the link is being opened or is in use\"");
    fake_finish_invoke(fake);
    CHECK(fake_line(fake) == NULL);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "ok");
    fake_free(fake);
}

static void a_send_that_fails_waits_for_the_report_of_the_loss(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake->link_broken = true;
    fake_finish_invoke(fake);
    CHECK(fake_line(fake) == NULL);
    fake_link(fake, SN_ERR_EDGE_LOST, "broken pipe");
    CHECK_TEXT(fake_line(fake), "! infer msg=2 state=err code=edge_lost msg=\"broken pipe\"");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_lost msg=\"broken pipe\"");
    fake_free(fake);
}

static void closing_the_link_ends_what_was_owed(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=down"), "ok");
    CHECK_TEXT(fake_line(fake), "! infer msg=2 state=err code=link_down msg=\"the link was closed on request\"");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=link_down msg=\"the link was closed on request\"");
    CHECK_UINT(fake->link_closes, 1);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=down"), "ok");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=link_down msg=\"the link was down already\"");
    CHECK_UINT(fake->link_closes, 1);
    fake_free(fake);
}

static void asking_for_the_link_again_gives_a_new_connection(void) {
    fake_port *fake = ready();
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "ok");
    CHECK_UINT(fake->link_closes, 1);
    CHECK_UINT(fake->link_opens, 2);
    fake_link(fake, SN_OK, NULL);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.message, 2);
    fake_peer_greets(fake, SN_FLAG_ANSWER, 2, SN_ROLE_TAIL);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=up");
    fake_free(fake);
}

static void an_error_of_the_edge_is_passed_on_with_its_name_and_text(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 2, FAKE_MODEL_ID, "\x17\0\x06\0no\rway", 10);
    CHECK_TEXT(fake_line(fake), "! infer msg=2 state=err code=invoke msg=no?way");
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 3, FAKE_MODEL_ID, "\xFF\xFF\0\0", 4);
    CHECK_TEXT(fake_line(fake), "! infer msg=3 state=err code=unknown msg=\"\"");
    fake_free(fake);
}

static void an_error_that_answers_hello_closes_the_link(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    (void)fake_ask(fake, "edge host=a port=1");
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_link(fake, SN_OK, NULL);
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 1, 0, "\x2D\0\x05\0other", 9);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=model_mismatch msg=other");
    CHECK_UINT(fake->link_closes, 1);
    fake_free(fake);
}

static void the_hello_of_another_models_tail_closes_the_link(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    (void)fake_ask(fake, "edge host=a port=1");
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_link(fake, SN_OK, NULL);
    static const uint8_t hello[16] = {2, SN_INT8, 0, 0, 0x40, 6};
    fake_peer_sends(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 1, FAKE_MODEL_ID + 1, hello, sizeof hello);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=model_mismatch msg=\"head and tail come from different "
                                "models or cuts: serve the tail of this head\"");
    fake_free(fake);
}

static void a_server_that_is_not_there_is_reported(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    (void)fake_ask(fake, "edge host=a port=1");
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_link(fake, SN_ERR_EDGE_UNREACHABLE, "connection refused");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_unreachable msg=\"connection refused\"");
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake),
               "! link via=tcp state=down code=edge_unreachable msg=\"no connection to the edge server "
               "within 10 s\"");
    CHECK_UINT(fake->link_closes, 1);
    fake_link(fake, SN_OK, NULL); /* too late: nobody wants it any more */
    CHECK_UINT(fake->link_closes, 2);
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_pass(fake, 4000000);
    fake_link(fake, SN_OK, NULL);
    fake_pass(fake, 6000000);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_timeout msg=\"the peer did not complete the HELLO "
                                "exchange within 10 s\"");
    fake_free(fake);
}

static void a_broken_result_ends_the_inference(void) {
    static const struct {
        uint32_t at;
        uint8_t value;
    } damages[] = {{0, 6}, {1, 0}, {1, 4}, {2, 3}, {4, 19}};
    fake_port *fake = ready();
    uint8_t result[256];
    for (uint32_t i = 0; i < sizeof damages / sizeof damages[0] + 2; i++) {
        (void)fake_ask(fake, "infer via=tcp output=1");
        fake_finish_invoke(fake);
        uint32_t length = make_result(result, true);
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
                 "! infer msg=%u state=err code=protocol msg=\"the edge's RESULT breaks the protocol's specification\"",
                 2 + i);
        CHECK_TEXT(fake_line(fake), expected);
    }
    fake_free(fake);
}

static void a_damaged_message_closes_the_connection(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    static const uint8_t damaged[] = {28, 0, 0, 0, 0x53, 0x4E, 0x13, 2, 1, 0, 0, 0, 2, 0, 0, 0,
                                      0,  0, 1, 0, 0,    0,    0,    0, 0, 0, 0, 0, 1, 2, 3, 4};
    fake_receive(fake, damaged, sizeof damaged);
    CHECK_TEXT(fake_line(fake),
               "! infer msg=2 state=err code=protocol msg=\"a message came with a wrong length or CRC\"");
    CHECK_TEXT(fake_line(fake),
               "! link via=tcp state=down code=protocol msg=\"a message came with a wrong length or CRC\"");
    CHECK_UINT(fake->link_closes, 1);
    fake_receive(fake, damaged, sizeof damaged);
    CHECK(fake_line(fake) == NULL);
    fake_free(fake);
}

static void a_length_prefix_out_of_range_closes_the_connection(void) {
    static const uint8_t prefixes[][4] = {{27, 0, 0, 0}, {0, 0, 0, 0}, {0xFF, 0xFF, 0xFF, 0xFF}, {1, 0x10, 0, 0}};
    for (size_t i = 0; i < 4; i++) {
        fake_port *fake = fake_linked(SN_ROLE_HEAD);
        fake_receive(fake, prefixes[i], 4);
        CHECK_TEXT(fake_line(fake),
                   "! link via=tcp state=down code=protocol msg=\"the peer announces a frame that is too "
                   "short or too long\"");
        fake_free(fake);
    }
}

static void frames_of_another_session_or_kind_are_dropped_and_counted(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    sn_header other = {.type = SN_FRAME_RESULT, .flags = SN_FLAG_ANSWER, .session = 1, .message = 2};
    uint8_t result[256];
    uint8_t stream[512];
    sn_message message;
    sn_message_init(&message, &other, FAKE_MODEL_ID, (sn_bytes){result, make_result(result, false)}, (sn_bytes){0});
    fake_receive(fake, stream, sn_message_stream_read(&message, 0, stream, sizeof stream));
    fake_peer_sends(fake, SN_FRAME_ACK, 0, 2, 0, stream, 12);
    stream[6] = 0x2F;
    fake_receive(fake, stream, sn_message_stream_size(&message));
    CHECK_TEXT(fake_ask(fake, "stats"), "ok rx_bad_frame=3 rx_bad_crc=0 rx_bad_chunk=0 tx_messages=2 rx_messages=2 "
                                        "infer_ok=0 infer_err=0 uptime_us=0");
    answer(fake, 2);
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    fake_free(fake);
}

static void authenticated_messages_are_unsupported(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    CHECK(fake_peer_gets(fake, &header, &body));
    fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER | SN_FLAG_AUTHENTICATED, 2, FAKE_MODEL_ID, "", 0);
    CHECK_TEXT(fake_line(fake),
               "! infer msg=2 state=err code=unsupported msg=\"authenticated messages are not supported\"");
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_ERROR);
    CHECK_UINT(sn_get_u16(body.payload.data), SN_ERR_UNSUPPORTED);
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER | SN_FLAG_AUTHENTICATED, 2, FAKE_MODEL_ID, "", 0);
    CHECK(!fake_peer_gets(fake, &header, &body));
    fake_free(fake);
}

static void an_echo_is_answered_even_between_the_pieces_of_an_activation(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake->link_room = 700;
    fake_finish_invoke(fake);
    fake_peer_sends(fake, SN_FRAME_ECHO, 0, 77, 0, "hello", 5);
    CHECK(!fake_peer_gets(fake, &header, &body));
    fake_take(fake, UINT32_MAX);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_DATA);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_ECHO_REPLY);
    CHECK_UINT(header.message, 77);
    CHECK_UINT(header.flags, SN_FLAG_ANSWER);
    CHECK_BYTES(body.payload.data, body.payload.length, "hello", 5);
    answer(fake, 2);
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    fake_free(fake);
}

static void an_error_that_comes_before_the_activation_is_out_is_passed_on_and_the_frame_completed(void) {
    fake_port *fake = ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake->link_room = 700;
    fake_finish_invoke(fake);
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 2, FAKE_MODEL_ID, "\x05\0\x04\0late", 8);
    CHECK_TEXT(fake_line(fake), "! infer msg=2 state=err code=busy msg=late");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"),
               "err code=busy msg=\"an inference, a round trip or a read is under way\"");
    fake_take(fake, UINT32_MAX);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(body.payload.length, FAKE_CROSSING);
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "ok msg=3");
    fake_free(fake);
}

static void a_peer_that_floods_without_reading_is_left(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    fake->link_room = 10;
    fake_peer_sends(fake, SN_FRAME_ECHO, 0, 1, 0, "a", 1);
    CHECK(fake_line(fake) == NULL);
    fake_peer_sends(fake, SN_FRAME_ECHO, 0, 2, 0, "b", 1);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=protocol msg=\"the peer asks for more without taking "
                                "what it has asked for\"");
    fake_free(fake);
}

static void a_round_trip_is_timed(void) {
    fake_port *fake = ready();
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=1000"), "ok msg=2");
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_ECHO);
    CHECK_UINT(body.model_id, 0);
    CHECK_UINT(body.payload.length, 1000);
    uint8_t copy[1000];
    memcpy(copy, body.payload.data, sizeof copy);
    fake->now_us += 1234;
    fake_peer_sends(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 2, 0, copy, sizeof copy);
    CHECK_TEXT(fake_line(fake), "! rtt msg=2 state=ok us=1234");
    (void)fake_ask(fake, "rtt via=tcp size=1000");
    copy[999] ^= 1;
    fake_peer_sends(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 3, 0, copy, sizeof copy);
    CHECK_TEXT(fake_line(fake), "! rtt msg=3 state=err code=protocol msg=\"the reply is not what was sent\"");
    fake_free(fake);
}

static void a_round_trip_without_reply_ends(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=0"), "ok msg=2");
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake), "! rtt msg=2 state=err code=edge_timeout msg=\"no reply within 10 s\"");
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=0"), "ok msg=3");
    fake_link(fake, SN_ERR_EDGE_LOST, "gone");
    CHECK_TEXT(fake_line(fake), "! rtt msg=3 state=err code=edge_lost msg=gone");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_lost msg=gone");
    fake_free(fake);
    fake = fake_linked(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=3001"),
               "err code=bad_argument msg=\"size is the number of bytes to send, 0 to 3000\"");
    fake_free(fake);
}

static const test_case node_head_cases[] = {
    TEST(the_first_message_is_a_hello_that_describes_the_activation),
    TEST(an_inference_reports_scores_checksums_and_the_time_of_each_stage),
    TEST(the_stored_image_can_be_used_again),
    TEST(output_and_activation_can_be_read_in_chunks),
    TEST(requests_at_the_wrong_time_are_refused),
    TEST(what_the_machine_cannot_start_is_refused),
    TEST(a_model_that_fails_ends_the_inference),
    TEST(no_answer_within_10_s_ends_the_inference_and_a_late_one_is_dropped),
    TEST(a_peer_that_takes_nothing_for_10_s_is_left),
    TEST(a_connection_lost_while_an_answer_is_owed_ends_the_inference),
    TEST(a_connection_lost_during_invoke_is_reported_at_once_and_the_model_runs_out),
    TEST(a_send_that_fails_waits_for_the_report_of_the_loss),
    TEST(closing_the_link_ends_what_was_owed),
    TEST(asking_for_the_link_again_gives_a_new_connection),
    TEST(an_error_of_the_edge_is_passed_on_with_its_name_and_text),
    TEST(an_error_that_answers_hello_closes_the_link),
    TEST(the_hello_of_another_models_tail_closes_the_link),
    TEST(a_server_that_is_not_there_is_reported),
    TEST(a_broken_result_ends_the_inference),
    TEST(a_damaged_message_closes_the_connection),
    TEST(a_length_prefix_out_of_range_closes_the_connection),
    TEST(frames_of_another_session_or_kind_are_dropped_and_counted),
    TEST(authenticated_messages_are_unsupported),
    TEST(an_echo_is_answered_even_between_the_pieces_of_an_activation),
    TEST(an_error_that_comes_before_the_activation_is_out_is_passed_on_and_the_frame_completed),
    TEST(a_peer_that_floods_without_reading_is_left),
    TEST(a_round_trip_is_timed),
    TEST(a_round_trip_without_reply_ends),
};
SUITE(node_head, node_head_cases);
