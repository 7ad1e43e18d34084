/* SPDX-License-Identifier: MIT */
/* The link of a node in role head: opened, greeted, misused, lost. */
#include <string.h>

#include "fake_port.h"
#include "head.h"
#include "test.h"

static sn_header header;
static sn_body body;

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

static void closing_the_link_ends_what_was_owed(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=down"), "ok");
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=link_down msg=\"the link was closed on request\"");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=link_down msg=\"the link was closed on request\"");
    CHECK_UINT(fake->link_closes, 1);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=down"), "ok");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=link_down msg=\"the link was down already\"");
    CHECK_UINT(fake->link_closes, 1);
    fake_free(fake);
}

static void asking_for_the_link_again_gives_a_new_connection(void) {
    fake_port *fake = head_ready();
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

static void the_hello_of_another_head_closes_the_link(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    (void)fake_ask(fake, "edge host=a port=1");
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_link(fake, SN_OK, NULL);
    fake_peer_greets(fake, SN_FLAG_ANSWER, 1, SN_ROLE_HEAD);
    CHECK_TEXT(fake_line(fake),
               "! link via=tcp state=down code=protocol msg=\"this is not the HELLO of a tail: head and "
               "head cannot work together\"");
    CHECK_UINT(fake->link_closes, 1);
    fake_free(fake);
}

static void a_server_that_is_not_there_is_reported(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    (void)fake_ask(fake, "edge host=a port=1");
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_link(fake, SN_ERR_EDGE_UNREACHABLE, "connection refused");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_unreachable msg=\"connection refused\"");
    CHECK_UINT(fake->link_closes, 1);
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake),
               "! link via=tcp state=down code=edge_unreachable msg=\"no connection to the edge server "
               "or the peer in time\"");
    CHECK_UINT(fake->link_closes, 2);
    fake_link(fake, SN_OK, NULL); /* too late: nobody wants it any more */
    CHECK_UINT(fake->link_closes, 3);
    (void)fake_ask(fake, "link via=tcp state=up");
    fake_pass(fake, 4000000);
    fake_link(fake, SN_OK, NULL);
    fake_pass(fake, 6000000);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_timeout msg=\"the peer did not complete the HELLO "
                                "exchange within 10 s\"");
    fake_free(fake);
}

static void a_damaged_message_closes_the_connection(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    static const uint8_t damaged[] = {28, 0, 0, 0, 0x53, 0x4E, 0x13, 2, 0x11, 0x10, 0x55, 0x5E, 2, 0, 0, 0,
                                      0,  0, 1, 0, 0,    0,    0,    0, 0,    0,    0,    0,    1, 2, 3, 4};
    fake_receive(fake, damaged, sizeof damaged);
    CHECK_TEXT(fake_line(fake),
               "! infer id=2 state=err code=protocol msg=\"a message came with a wrong length or CRC\"");
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
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    sn_header other = {.type = SN_FRAME_RESULT, .flags = SN_FLAG_ANSWER, .session = 1, .message = 2};
    uint8_t result[256];
    uint8_t stream[512];
    sn_message message;
    sn_message_init(&message, &other, FAKE_MODEL_ID, (sn_bytes){result, head_make_result(result, false)},
                    (sn_bytes){0});
    fake_receive(fake, stream, sn_message_stream_read(&message, 0, stream, sizeof stream));
    fake_peer_sends(fake, SN_FRAME_ACK, 0, 2, 0, stream, 12);
    other.session = FAKE_SESSION;
    sn_message_init(&message, &other, FAKE_MODEL_ID, (sn_bytes){result, 72}, (sn_bytes){0});
    (void)sn_message_stream_read(&message, 0, stream, sizeof stream);
    stream[6] = 0x23; /* version */
    fake_receive(fake, stream, sn_message_stream_size(&message));
    stream[6] = 0x1F; /* type */
    fake_receive(fake, stream, sn_message_stream_size(&message));
    CHECK_TEXT(fake_stats(fake), "rx_bad_frame=4 rx_bad_crc=0 rx_bad_chunk=0 tx_messages=2 rx_messages=1 "
                                 "infer_ok=0 infer_err=0 uptime_us=0");
    head_answer(fake, 2);
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    fake_free(fake);
}

static void a_message_with_a_tag_that_nobody_here_can_check_ends_the_link(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    CHECK(fake_peer_gets(fake, &header, &body));
    fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER | SN_FLAG_AUTHENTICATED, 2, FAKE_MODEL_ID, "", 0);
    CHECK(strncmp(fake_line(fake), "! infer id=2 state=err code=edge_lost", 37) == 0);
    CHECK(strncmp(fake_line(fake), "! link via=tcp state=down code=edge_lost", 40) == 0);
    CHECK(!fake_peer_gets(fake, &header, &body));
    CHECK_UINT(fake_count(fake, "rx_foreign"), 1);
    fake_free(fake);
}

static void an_echo_is_answered_even_between_the_pieces_of_an_activation(void) {
    fake_port *fake = head_ready();
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
    head_answer(fake, 2);
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);
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

static void a_peer_that_takes_nothing_for_10_s_is_left(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake->link_room = 50;
    fake_finish_invoke(fake);
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake),
               "! infer id=2 state=err code=edge_timeout msg=\"the peer did not take a message within 10 s\"");
    CHECK_TEXT(fake_line(fake),
               "! link via=tcp state=down code=edge_timeout msg=\"the peer did not take a message within 10 s\"");
    CHECK_UINT(fake->link_closes, 1);
    fake_free(fake);
}

static void a_connection_lost_while_an_answer_is_owed_ends_the_inference(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    fake_link(fake, SN_ERR_EDGE_LOST, "reset by peer");
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=edge_lost msg=\"reset by peer\"");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_lost msg=\"reset by peer\"");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_link(fake, SN_ERR_EDGE_LOST, "reset by peer");
    fake_free(fake);
}

static void a_connection_lost_during_invoke_is_reported_at_once_and_the_model_runs_out(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_link(fake, SN_ERR_EDGE_LOST, "reset by peer");
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=edge_lost msg=\"reset by peer\"");
    CHECK(fake_line(fake) != NULL);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "err code=busy msg=\"the link is being opened or is in use\"");
    fake_finish_invoke(fake);
    CHECK(fake_line(fake) == NULL);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "ok");
    fake_free(fake);
}

static void a_send_that_fails_waits_for_the_report_of_the_loss(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake->link_broken = true;
    fake_finish_invoke(fake);
    CHECK(fake_line(fake) == NULL);
    fake_link(fake, SN_ERR_EDGE_LOST, "broken pipe");
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=edge_lost msg=\"broken pipe\"");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_lost msg=\"broken pipe\"");
    fake_free(fake);
}

static const test_case node_link_cases[] = {
    TEST(the_first_message_is_a_hello_that_describes_the_activation),
    TEST(closing_the_link_ends_what_was_owed),
    TEST(asking_for_the_link_again_gives_a_new_connection),
    TEST(an_error_that_answers_hello_closes_the_link),
    TEST(the_hello_of_another_models_tail_closes_the_link),
    TEST(the_hello_of_another_head_closes_the_link),
    TEST(a_server_that_is_not_there_is_reported),
    TEST(a_damaged_message_closes_the_connection),
    TEST(a_length_prefix_out_of_range_closes_the_connection),
    TEST(frames_of_another_session_or_kind_are_dropped_and_counted),
    TEST(a_message_with_a_tag_that_nobody_here_can_check_ends_the_link),
    TEST(an_echo_is_answered_even_between_the_pieces_of_an_activation),
    TEST(a_peer_that_floods_without_reading_is_left),
    TEST(a_peer_that_takes_nothing_for_10_s_is_left),
    TEST(a_connection_lost_while_an_answer_is_owed_ends_the_inference),
    TEST(a_connection_lost_during_invoke_is_reported_at_once_and_the_model_runs_out),
    TEST(a_send_that_fails_waits_for_the_report_of_the_loss),
};
SUITE(node_link, node_link_cases);
