/* SPDX-License-Identifier: MIT */
/* A node in role tail over a stream. */
#include <stdio.h>
#include <string.h>

#include "base/crc.h"
#include "fake_port.h"
#include "test.h"

static sn_header header;
static sn_body body;
static uint8_t activation[FAKE_CROSSING];

static void expect_error(fake_port *fake, uint32_t id, sn_error code) {
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_ERROR);
    CHECK_UINT(header.flags, SN_FLAG_ANSWER);
    CHECK_UINT(header.message, id);
    CHECK_UINT(sn_get_u16(&body.payload.data[0]), code);
    CHECK_UINT(sn_get_u16(&body.payload.data[2]), body.payload.length - 4);
    CHECK(body.payload.length > 4);
}

static void send_activation(fake_port *fake, uint8_t flags, uint32_t id) {
    for (uint32_t i = 0; i < sizeof activation; i++) {
        activation[i] = (uint8_t)(i + id);
    }
    fake_peer_sends(fake, SN_FRAME_DATA, flags, id, FAKE_MODEL_ID, activation, sizeof activation);
}

static void a_hello_of_its_head_is_answered_and_the_link_is_up(void) {
    fake_port *fake = fake_in_role(SN_ROLE_TAIL);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "ok");
    CHECK(fake->deadline == SN_NO_DEADLINE); /* it waits for a peer as long as it takes */
    fake_link(fake, SN_OK, NULL);
    fake_peer_greets(fake, 0, 41, SN_ROLE_HEAD);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=up");
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_HELLO);
    CHECK_UINT(header.flags, SN_FLAG_ANSWER);
    CHECK_UINT(header.message, 41);
    static const uint8_t hello[] = {2, 1, 0, 0, 0x40, 6, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0};
    CHECK_BYTES(body.payload.data, body.payload.length, hello, sizeof hello);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void another_models_head_is_refused(void) {
    fake_port *fake = fake_in_role(SN_ROLE_TAIL);
    fake_link(fake, SN_OK, NULL);
    uint8_t hello[16] = {1, SN_INT8, 0, 0, 0x40, 6};
    fake_peer_sends(fake, SN_FRAME_HELLO, 0, 1, FAKE_MODEL_ID ^ 1, hello, sizeof hello);
    expect_error(fake, 1, SN_ERR_MODEL_MISMATCH);
    hello[1] = SN_UINT8;
    fake_peer_sends(fake, SN_FRAME_HELLO, 0, 5, FAKE_MODEL_ID, hello, sizeof hello);
    expect_error(fake, 5, SN_ERR_MODEL_MISMATCH);
    hello[1] = SN_INT8;
    hello[4] = 0x41;
    fake_peer_sends(fake, SN_FRAME_HELLO, 0, 2, FAKE_MODEL_ID, hello, sizeof hello);
    expect_error(fake, 2, SN_ERR_MODEL_MISMATCH);
    hello[0] = 2;
    fake_peer_sends(fake, SN_FRAME_HELLO, 0, 3, FAKE_MODEL_ID, hello, sizeof hello);
    expect_error(fake, 3, SN_ERR_PROTOCOL);
    fake_peer_sends(fake, SN_FRAME_HELLO, 0, 4, FAKE_MODEL_ID, hello, 3);
    expect_error(fake, 4, SN_ERR_PROTOCOL);
    fake_free(fake);
}

static void no_activation_is_taken_before_hello(void) {
    fake_port *fake = fake_in_role(SN_ROLE_TAIL);
    fake_link(fake, SN_OK, NULL);
    send_activation(fake, 0, 1);
    expect_error(fake, 1, SN_ERR_PROTOCOL);
    CHECK_UINT(fake->invoked, 0);
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_timeout msg=\"the peer did not complete the HELLO "
                                "exchange within 10 s\"");
    fake_free(fake);
}

static void an_echo_over_tcp_needs_no_hello(void) {
    fake_port *fake = fake_in_role(SN_ROLE_TAIL);
    fake_link(fake, SN_OK, NULL);
    fake_peer_sends(fake, SN_FRAME_ECHO, 0, 2, 0, "x", 1);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_ECHO_REPLY);
    CHECK_UINT(header.session, FAKE_PEER_SESSION);
    CHECK_BYTES(body.payload.data, body.payload.length, "x", 1);
    fake_free(fake);
}

static void an_activation_is_answered_by_its_scores_and_times(void) {
    fake_port *fake = fake_linked(SN_ROLE_TAIL);
    for (uint32_t round = 0; round < 2; round++) {
        fake->now_us = 1000;
        send_activation(fake, round == 1 ? SN_FLAG_WANT_OUTPUT : 0, 5 + round);
        CHECK_BYTES(fake->input, fake->input_length, activation, sizeof activation);
        fake->now_us += 700;
        fake_finish_invoke(fake);
        CHECK(fake_peer_gets(fake, &header, &body));
        CHECK_UINT(header.type, SN_FRAME_RESULT);
        CHECK_UINT(header.flags, SN_FLAG_ANSWER);
        CHECK_UINT(header.message, 5 + round);
        const uint8_t *result = body.payload.data;
        CHECK_UINT(body.payload.length, round == 1 ? 72 + FAKE_CLASSES : 72);
        CHECK_UINT(result[0], 5);
        CHECK_UINT(result[1], SN_UINT8);
        CHECK_UINT(sn_get_u16(&result[2]), FAKE_CLASSES);
        CHECK_UINT(sn_get_u16(&result[4]), 18);
        CHECK_UINT(sn_get_u32(&result[8]), activation[18]);
        CHECK_UINT(sn_get_u32(&result[44]), sn_crc32(0, activation, sizeof activation));
        CHECK_UINT(sn_get_u32(&result[48]), 700);
        CHECK_UINT(sn_get_u32(&result[52]), 700);
        CHECK_UINT(sn_get_u32(&result[64]), FAKE_CLASSES);
        CHECK_UINT(sn_get_u32(&result[68]), sn_crc32(0, activation, FAKE_CLASSES));
        if (round == 1) {
            CHECK_BYTES(&result[72], FAKE_CLASSES, activation, FAKE_CLASSES);
        }
    }
    CHECK_TEXT(fake_stats(fake), "rx_bad_frame=0 rx_bad_crc=0 rx_bad_chunk=0 tx_messages=3 rx_messages=3 "
                                 "infer_ok=2 infer_err=0 uptime_us=1700");
    fake_free(fake);
}

static void activations_that_do_not_fit_are_refused(void) {
    fake_port *fake = fake_linked(SN_ROLE_TAIL);
    fake_peer_sends(fake, SN_FRAME_DATA, 0, 2, FAKE_MODEL_ID, activation, FAKE_CROSSING - 1);
    expect_error(fake, 2, SN_ERR_TENSOR_SIZE);
    fake_peer_sends(fake, SN_FRAME_DATA, 0, 3, FAKE_MODEL_ID + 1, activation, FAKE_CROSSING);
    expect_error(fake, 3, SN_ERR_MODEL_MISMATCH);
    send_activation(fake, 0, 4);
    send_activation(fake, 0, 5);
    expect_error(fake, 5, SN_ERR_BUSY);
    fake_finish_invoke(fake);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_RESULT);
    CHECK_UINT(header.message, 4);
    fake_free(fake);
}

static void a_tail_that_fails_answers_with_the_error(void) {
    fake_port *fake = fake_linked(SN_ROLE_TAIL);
    send_activation(fake, 0, 2);
    sn_node_on_invoked(fake->node, SN_ERR_INVOKE, "operator 3 failed", NULL, 0);
    expect_error(fake, 2, SN_ERR_INVOKE);
    CHECK_BYTES(&body.payload.data[4], body.payload.length - 4, "operator 3 failed", 17);
    fake->invoke_fails = SN_ERR_INVOKE;
    send_activation(fake, 0, 3);
    expect_error(fake, 3, SN_ERR_INVOKE);
    fake_free(fake);
}

static void a_result_waits_for_the_message_that_is_on_its_way_out(void) {
    fake_port *fake = fake_linked(SN_ROLE_TAIL);
    send_activation(fake, 0, 2);
    fake->link_room = 10;
    fake_peer_sends(fake, SN_FRAME_ECHO, 0, 3, 0, "hello", 5);
    fake_finish_invoke(fake);
    fake_take(fake, UINT32_MAX);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_ECHO_REPLY);
    CHECK_BYTES(body.payload.data, body.payload.length, "hello", 5);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_RESULT);
    fake_free(fake);
}

static void a_peer_that_leaves_during_invoke_gets_no_answer_and_the_next_one_does(void) {
    fake_port *fake = fake_linked(SN_ROLE_TAIL);
    send_activation(fake, 0, 2);
    fake_link(fake, SN_ERR_EDGE_LOST, "gone");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_lost msg=gone");
    CHECK_UINT(fake->link_closes, 0); /* it goes on listening */
    fake_link(fake, SN_OK, NULL);
    fake_peer_greets(fake, 0, 1, SN_ROLE_HEAD);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=up");
    CHECK(fake_peer_gets(fake, &header, &body));
    send_activation(fake, 0, 2);
    expect_error(fake, 2, SN_ERR_BUSY);
    fake_finish_invoke(fake);
    CHECK(!fake_peer_gets(fake, &header, &body));
    send_activation(fake, 0, 3);
    fake_finish_invoke(fake);
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.message, 3);
    fake_free(fake);
}

static void a_second_peer_takes_the_place_of_the_first(void) {
    fake_port *fake = fake_linked(SN_ROLE_TAIL);
    fake_receive(fake, "\x30\0\0", 3); /* half a prefix of the first */
    fake_link(fake, SN_OK, NULL);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_lost msg=\"another peer has connected\"");
    fake_peer_greets(fake, 0, 1, SN_ROLE_HEAD);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=up");
    fake_free(fake);
}

static void requests_for_other_roles_are_refused(void) {
    fake_port *fake = fake_linked(SN_ROLE_TAIL);
    static const char *const refusals[][2] = {
        {"infer via=tcp", "role tail takes its input from the link"},
        {"image size=1600 crc=0", "role tail takes its input from the link"},
        {"read what=activation", "only role head has an activation to read"},
    };
    for (size_t i = 0; i < 3; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "err code=not_supported_in_role msg=\"%s\"", refusals[i][1]);
        CHECK_TEXT(fake_ask(fake, refusals[i][0]), expected);
    }
    fake_free(fake);
}

static void a_head_takes_no_activations(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    send_activation(fake, 0, 2);
    expect_error(fake, 2, SN_ERR_NOT_SUPPORTED_IN_ROLE);
    fake_free(fake);
}

static const test_case node_tail_cases[] = {
    TEST(a_hello_of_its_head_is_answered_and_the_link_is_up),
    TEST(another_models_head_is_refused),
    TEST(no_activation_is_taken_before_hello),
    TEST(an_echo_over_tcp_needs_no_hello),
    TEST(an_activation_is_answered_by_its_scores_and_times),
    TEST(activations_that_do_not_fit_are_refused),
    TEST(a_tail_that_fails_answers_with_the_error),
    TEST(a_result_waits_for_the_message_that_is_on_its_way_out),
    TEST(a_peer_that_leaves_during_invoke_gets_no_answer_and_the_next_one_does),
    TEST(a_second_peer_takes_the_place_of_the_first),
    TEST(requests_for_other_roles_are_refused),
    TEST(a_head_takes_no_activations),
};
SUITE(node_tail, node_tail_cases);
