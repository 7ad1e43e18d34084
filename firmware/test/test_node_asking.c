/* SPDX-License-Identifier: MIT */
/* A node in role head on a packet link, frame by frame. */
#include <string.h>

#include "base/crc.h"
#include "head.h"
#include "packets.h"
#include "test.h"

#define DATA_FRAGMENTS 7u /* of 234 bytes: 1,600 and 12 */

static sn_header header;
static sn_bytes body;

/* An inference whose request is out: all its fragments have been read. */
static fake_port *asked(sn_via via) {
    static const char *const requests[] = {NULL, NULL, "infer via=udp", "infer via=espnow", "infer via=ble"};
    fake_port *fake = packets_linked(SN_ROLE_HEAD, via);
    CHECK_TEXT(fake_ask(fake, requests[via]), "ok id=2");
    fake_finish_invoke(fake);
    for (uint32_t i = 0; i < DATA_FRAGMENTS; i++) {
        CHECK(packets_get(fake, &header, &body));
        CHECK_UINT(header.type, SN_FRAME_DATA);
        CHECK_UINT(header.message, 2);
        CHECK_UINT(header.index, i);
        CHECK_UINT(header.count, DATA_FRAGMENTS);
        CHECK_UINT(header.flags, via != SN_VIA_BLE && i == DATA_FRAGMENTS - 1 ? SN_FLAG_ACK_REQUESTED : 0);
        CHECK_UINT(body.length, i < DATA_FRAGMENTS - 1 ? PEER_LIMIT - 16 : 1612 % (PEER_LIMIT - 16));
    }
    packets_expect_nothing(fake);
    return fake;
}

static void put_result(fake_port *fake, uint32_t id) {
    uint8_t result[256];
    uint32_t length = head_make_result(result, false);
    packets_put_single(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, id, (sn_bytes){result, length});
}

static void a_result_ends_the_exchange_and_its_cost_is_told(void) {
    static const sn_via all[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
    for (size_t i = 0; i < 3; i++) {
        fake_port *fake = asked(all[i]);
        put_result(fake, 2);
        CHECK(strstr(fake_line(fake), " edge_invoke_us=800 frames=7 resent=0 wire=1724 out_len=19") != NULL);
        CHECK(fake->deadline == SN_NO_DEADLINE);
        put_result(fake, 2);
        CHECK(fake_line(fake) == NULL);
        CHECK_UINT(fake_count(fake, "rx_duplicate"), 1);
        CHECK_UINT(fake_count(fake, "tx_frames"), 8);
        CHECK_UINT(fake_count(fake, "tx_bytes"), 1724 + 44);
        CHECK_UINT(fake_count(fake, "rx_frames"), 3);
        fake_free(fake);
    }
}

static void the_answer_is_polled_for_less_and_less_often(void) {
    static const uint32_t waits[] = {40, 80, 160, 320, 640, 640};
    fake_port *fake = asked(SN_VIA_UDP);
    packets_put_ack(fake, SN_FLAG_ANSWER, 2, DATA_FRAGMENTS, 0);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        fake_pass(fake, waits[i] * 1000 - 1);
        packets_expect_nothing(fake);
        fake_pass(fake, 1);
        packets_expect_ack(fake, SN_FLAG_ACK_REQUESTED, 2, 0, 0);
        packets_put_ack(fake, SN_FLAG_ANSWER, 2, DATA_FRAGMENTS, 0); /* not ready */
    }
    put_result(fake, 2);
    CHECK(strstr(fake_line(fake), " frames=13 resent=0 ") != NULL);
    CHECK_UINT(fake_count(fake, "polls"), 6);
    fake_free(fake);
}

static void a_peer_that_has_forgotten_the_message_ends_the_inference(void) {
    fake_port *fake = asked(SN_VIA_UDP);
    packets_put_ack(fake, SN_FLAG_ANSWER, 2, DATA_FRAGMENTS, 0);
    fake_pass(fake, 40000);
    packets_put_single(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 2, (sn_bytes){(const uint8_t *)"\x2b\0\x04\0gone", 8});
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=edge_lost msg=gone");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    CHECK_TEXT(fake_ask(fake, "infer via=udp"), "ok id=3");
    fake_free(fake);
}

static void what_an_ack_shows_to_be_lost_is_sent_again(void) {
    fake_port *fake = asked(SN_VIA_UDP);
    packets_put_ack(fake, SN_FLAG_ANSWER, 2, 1, 0x1e); /* 0, 3, 4, 5, 6 are there */
    CHECK(packets_get(fake, &header, &body));
    CHECK_UINT(header.index, 1);
    CHECK(packets_get(fake, &header, &body));
    CHECK_UINT(header.index, 2);
    CHECK_UINT(header.flags, SN_FLAG_ACK_REQUESTED);
    packets_expect_nothing(fake);
    CHECK_UINT(fake_count(fake, "resent"), 2);
    fake_free(fake);
}

static void a_long_answer_is_acknowledged_while_it_comes(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_UDP);
    CHECK_TEXT(fake_ask(fake, "rtt via=udp size=2400"), "ok id=2");
    static uint8_t echo[2400];
    memcpy(echo, fake->image_memory, sizeof echo);
    while (packets_get(fake, &header, &body)) {
    }
    CHECK_UINT(header.count, 11);
    sn_header reply = {.type = SN_FRAME_ECHO_REPLY, .flags = SN_FLAG_ANSWER, .session = FAKE_SESSION, .message = 2};
    for (uint16_t i = 0; i < 8; i++) {
        if (i == 3) {
            continue;
        }
        reply.flags = i == 7 ? SN_FLAG_ANSWER | SN_FLAG_ACK_REQUESTED : SN_FLAG_ANSWER;
        packets_put(fake, &reply, (sn_bytes){echo, sizeof echo}, i);
    }
    packets_expect_ack(fake, 0, 2, 3, 0xf);
    packets_expect_nothing(fake);
    packets_put(fake, &reply, (sn_bytes){echo, sizeof echo}, 7); /* known: the sender may have missed the ACK */
    packets_expect_ack(fake, 0, 2, 3, 0xf);
    reply.flags = SN_FLAG_ANSWER;
    static const uint16_t rest[] = {10, 9, 8, 3};
    for (size_t i = 0; i < 4; i++) {
        CHECK(fake_line(fake) == NULL);
        packets_put(fake, &reply, (sn_bytes){echo, sizeof echo}, rest[i]);
    }
    CHECK(strstr(fake_line(fake), "! rtt id=2 state=ok us=0 frames=13 ") != NULL);
    packets_expect_nothing(fake);
    reply.flags = SN_FLAG_ANSWER | SN_FLAG_ACK_REQUESTED;
    packets_put(fake, &reply, (sn_bytes){echo, sizeof echo}, 7); /* also when the message is complete */
    packets_expect_ack(fake, 0, 2, 11, 0);
    fake_free(fake);
}

static void a_driver_that_is_full_is_asked_again_when_it_is_writable_and_no_sooner(void) {
    static const sn_via all[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
    static const char *const requests[] = {"infer via=udp", "infer via=espnow", "infer via=ble"};
    for (size_t i = 0; i < 3; i++) {
        fake_port *fake = packets_linked(SN_ROLE_HEAD, all[i]);
        CHECK_TEXT(fake_ask(fake, requests[i]), "ok id=2");
        fake->link_room = 600;
        fake_finish_invoke(fake);
        CHECK(packets_get(fake, &header, &body) && packets_get(fake, &header, &body));
        packets_expect_nothing(fake);
        fake->link_room = 10000; /* but it has not said so */
        fake_pass(fake, 100000);
        put_result(fake, 1); /* whatever happens meanwhile */
        packets_expect_nothing(fake);
        fake_take(fake, 700);
        CHECK(packets_get(fake, &header, &body) && packets_get(fake, &header, &body));
        CHECK_UINT(header.index, 3);
        packets_expect_nothing(fake);
        fake_pass(fake, 10000000);
        CHECK(strstr(fake_line(fake), "! infer id=2 state=err code=edge_timeout") != NULL);
        CHECK(strstr(fake_line(fake), "state=down code=edge_timeout msg=\"the peer did not take a message within "
                                      "10 s\"") != NULL);
        CHECK(fake->deadline == SN_NO_DEADLINE);
        fake_free(fake);
    }
}

static void an_ack_waits_for_a_driver_that_is_full_and_tells_the_latest(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_UDP);
    (void)fake_ask(fake, "rtt via=udp size=2400");
    while (packets_get(fake, &header, &body)) {
    }
    fake->link_room = 0;
    sn_header reply = {.type = SN_FRAME_ECHO_REPLY, .session = FAKE_SESSION, .message = 2};
    reply.flags = SN_FLAG_ANSWER | SN_FLAG_ACK_REQUESTED;
    packets_put(fake, &reply, (sn_bytes){fake->image_memory, 2400}, 2);
    reply.flags = SN_FLAG_ANSWER;
    packets_put(fake, &reply, (sn_bytes){fake->image_memory, 2400}, 0);
    fake_take(fake, 5000);
    packets_expect_ack(fake, 0, 2, 1, 1);
    packets_expect_nothing(fake);
    fake_free(fake);
}

static void frames_of_others_and_answers_to_something_else_are_dropped(void) {
    fake_port *fake = asked(SN_VIA_UDP);
    uint8_t result[256];
    sn_bytes payload = {result, head_make_result(result, false)};
    sn_header other = {.type = SN_FRAME_RESULT, .flags = SN_FLAG_ANSWER, .session = 1, .message = 2};
    packets_put(fake, &other, payload, 0); /* another session */
    other.session = FAKE_SESSION;
    other.flags = 0;
    packets_put(fake, &other, payload, 0);                                             /* no answer */
    packets_put_single(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 2, payload);         /* to something else */
    packets_put_single(fake, SN_FRAME_HELLO, SN_FLAG_ANSWER, 2, payload);              /* likewise */
    packets_put_single(fake, SN_FRAME_ACK, SN_FLAG_ANSWER, 2, (sn_bytes){result, 11}); /* too short */
    packets_put_single(fake, SN_FRAME_DATA, SN_FLAG_ACK_REQUESTED, 3, payload);        /* a head takes no requests */
    sn_source from = {0};
    fake->deadline = sn_node_on_receive(fake->node, SN_VIA_UDP, &from, result, 15);
    CHECK_UINT(fake_count(fake, "rx_bad_frame"), 7);
    put_result(fake, 1); /* of an earlier message */
    put_result(fake, 3);
    CHECK_UINT(fake_count(fake, "rx_duplicate"), 2);
    CHECK(fake_line(fake) == NULL);
    packets_expect_nothing(fake);
    put_result(fake, 2);
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    fake_free(fake);
}

static void an_answer_that_breaks_the_specification_ends_the_inference(void) {
    fake_port *fake = asked(SN_VIA_UDP);
    packets_put_single(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 2, (sn_bytes){(const uint8_t *)"\x2b\0\x04", 3});
    CHECK_TEXT(fake_line(fake),
               "! infer id=2 state=err code=protocol msg=\"the peer's ERROR breaks the protocol's specification\"");
    fake_free(fake);
    fake = asked(SN_VIA_UDP);
    sn_header large = {.type = SN_FRAME_RESULT, .flags = SN_FLAG_ANSWER, .session = FAKE_SESSION, .message = 2};
    static uint8_t long_result[FAKE_RECEIVE + 1000];
    packets_put(fake, &large, (sn_bytes){long_result, sizeof long_result}, 0);
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=protocol msg=\"the peer's answer is larger than the "
                                "board's memory for messages\"");
    fake_free(fake);
    fake = asked(SN_VIA_UDP);
    large.flags |= SN_FLAG_AUTHENTICATED;
    packets_put(fake, &large, (sn_bytes){long_result, 100}, 0);
    CHECK(fake_line(fake) == NULL); /* nobody has given this side a key: it is nothing to it */
    CHECK_UINT(fake_count(fake, "rx_foreign"), 1);
    put_result(fake, 2);
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    fake_free(fake);
}

static void a_result_before_the_whole_activation_is_out_is_dropped(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_UDP);
    CHECK_TEXT(fake_ask(fake, "infer via=udp"), "ok id=2");
    fake->link_room = 600;
    fake_finish_invoke(fake);
    put_result(fake, 2);
    CHECK(fake_line(fake) == NULL);
    fake_take(fake, 10000);
    put_result(fake, 2);
    CHECK(strstr(fake_line(fake), "state=ok") != NULL);
    fake_free(fake);
}

static void an_answer_whose_crc_is_wrong_ends_the_inference_at_once(void) {
    fake_port *fake = asked(SN_VIA_UDP);
    uint8_t frame[64] = {0};
    sn_header result = {.type = SN_FRAME_RESULT, .flags = SN_FLAG_ANSWER, .session = FAKE_SESSION, .message = 2};
    result.count = 1;
    sn_header_pack(&result, frame);
    sn_source from = {0};
    fake->deadline = sn_node_on_receive(fake->node, SN_VIA_UDP, &from, frame, sizeof frame);
    CHECK_TEXT(fake_line(fake),
               "! infer id=2 state=err code=protocol msg=\"the peer's answer came with a wrong length or CRC\"");
    CHECK_UINT(fake_count(fake, "rx_bad_crc"), 1);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void ble_needs_neither_acks_nor_timers(void) {
    fake_port *fake = asked(SN_VIA_BLE);
    CHECK_UINT(fake->deadline - fake->now_us, 10000000); /* until the message has failed */
    packets_put_ack(fake, SN_FLAG_ANSWER, 2, 0, 0);
    CHECK_UINT(fake_count(fake, "rx_bad_frame"), 1);
    packets_expect_nothing(fake);
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake),
               "! infer id=2 state=err code=edge_timeout msg=\"the edge server gave no answer within 10 s\"");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    put_result(fake, 2);
    CHECK(fake_line(fake) == NULL);
    CHECK_TEXT(fake_ask(fake, "rtt via=ble size=10"), "ok id=3");
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake), "! rtt id=3 state=err code=edge_timeout msg=\"no reply within 10 s\"");
    packets_put_single(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 3, (sn_bytes){fake->image_memory, 10});
    CHECK_UINT(fake_count(fake, "rx_duplicate"), 2);
    CHECK_TEXT(fake_ask(fake, "infer via=ble"), "ok id=4");
    fake_free(fake);
}

static void closing_a_link_ends_what_was_owed_and_its_timers(void) {
    fake_port *fake = asked(SN_VIA_UDP);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=down"), "ok");
    CHECK(strstr(fake_line(fake), "! infer id=2 state=err code=link_down") != NULL);
    CHECK(strstr(fake_line(fake), "! link via=udp state=down code=link_down") != NULL);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    put_result(fake, 2); /* nobody listens */
    CHECK(fake_line(fake) == NULL);
    fake_free(fake);
}

static const test_case node_asking_cases[] = {
    TEST(a_result_ends_the_exchange_and_its_cost_is_told),
    TEST(the_answer_is_polled_for_less_and_less_often),
    TEST(a_peer_that_has_forgotten_the_message_ends_the_inference),
    TEST(what_an_ack_shows_to_be_lost_is_sent_again),
    TEST(a_long_answer_is_acknowledged_while_it_comes),
    TEST(a_driver_that_is_full_is_asked_again_when_it_is_writable_and_no_sooner),
    TEST(an_ack_waits_for_a_driver_that_is_full_and_tells_the_latest),
    TEST(frames_of_others_and_answers_to_something_else_are_dropped),
    TEST(an_answer_that_breaks_the_specification_ends_the_inference),
    TEST(a_result_before_the_whole_activation_is_out_is_dropped),
    TEST(an_answer_whose_crc_is_wrong_ends_the_inference_at_once),
    TEST(ble_needs_neither_acks_nor_timers),
    TEST(closing_a_link_ends_what_was_owed_and_its_timers),
};
SUITE(node_asking, node_asking_cases);
