/* SPDX-License-Identifier: MIT */
/* The packet links of a node in role head: to whom they are opened, how they are greeted. */
#include <string.h>

#include "head.h"
#include "packets.h"
#include "test.h"

static sn_header header;
static sn_bytes body;

static void the_link_is_opened_to_whom_the_console_has_named(void) {
    fake_port *fake = packets_open(SN_ROLE_HEAD, SN_VIA_UDP);
    CHECK_TEXT(fake->link_host, "edge.local");
    CHECK_UINT(fake->link_port, 4000);
    fake_free(fake);
    fake = packets_open(SN_ROLE_HEAD, SN_VIA_ESPNOW);
    CHECK_TEXT(fake->link_host, "02:00:00:4c:00:01");
    CHECK_UINT(fake->link_port, 11);
    CHECK_TEXT(fake_ask(fake, "peer"), "ok mac=- channel=1");
    fake_free(fake);
    fake = packets_open(SN_ROLE_HEAD, SN_VIA_BLE); /* without a peer it is the peripheral */
    CHECK_TEXT(fake->link_host, "");
    CHECK_UINT(fake->link_port, 0);
    fake_free(fake);
    fake = packets_open(SN_ROLE_TAIL, SN_VIA_ESPNOW);
    CHECK_TEXT(fake->link_host, "");
    CHECK_UINT(fake->link_port, 11);
    fake_free(fake);
    fake = fake_in_role(SN_ROLE_TAIL);
    CHECK_TEXT(fake_ask(fake, "link via=udp state=up"), "ok");
    CHECK_TEXT(fake->link_host, "");
    CHECK_UINT(fake->link_port, 3333);
    fake_free(fake);
    fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "peer mac=02:00:00:4C:00:0a"), "ok mac=02:00:00:4c:00:0a channel=1");
    CHECK_TEXT(fake_ask(fake, "link via=ble state=up"), "ok");
    CHECK_TEXT(fake->link_host, "02:00:00:4c:00:0a");
    fake_free(fake);
}

static void a_link_that_the_machine_lacks_is_unsupported(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    fake->link_fails = SN_ERR_UNSUPPORTED;
    CHECK_TEXT(fake_ask(fake, "link via=ble state=up"),
               "err code=unsupported msg=\"this firmware has no link of that kind\"");
    fake_free(fake);
}

static void hello_is_repeated_until_it_is_answered(void) {
    fake_port *fake = packets_open(SN_ROLE_HEAD, SN_VIA_UDP);
    fake_link(fake, SN_OK, NULL);
    uint32_t wait_us = 250000;
    for (uint32_t i = 0; i < 5; i++) {
        sn_bytes payload = packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ACK_REQUESTED, 1);
        CHECK_UINT(payload.length, 16);
        CHECK_UINT(sn_get_u16(&payload.data[2]), 1472);
        fake_pass(fake, wait_us - 1);
        packets_expect_nothing(fake);
        fake_pass(fake, 1);
        wait_us = 500000;
    }
    packets_put_hello(fake, SN_FLAG_ANSWER, FAKE_SESSION, 1, 1472);
    CHECK_TEXT(fake_line(fake), "! link via=udp state=up");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    packets_put_hello(fake, SN_FLAG_ANSWER, FAKE_SESSION, 1, 1472); /* once more */
    CHECK(fake_line(fake) == NULL);
    fake_free(fake);
}

static void a_peer_that_never_answers_hello_is_given_up_within_10_s(void) {
    fake_port *fake = packets_open(SN_ROLE_HEAD, SN_VIA_ESPNOW);
    fake_link(fake, SN_OK, NULL);
    fake_pass(fake, 10000000);
    CHECK(strstr(fake_line(fake), "! link via=espnow state=down code=edge_timeout") != NULL);
    CHECK_UINT(fake->link_closes, 1);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    uint32_t attempts = 0;
    while (packets_get(fake, &header, &body)) {
        attempts++;
    }
    CHECK_UINT(attempts, 20);
    fake_free(fake);
}

static void frames_too_small_for_hello_are_refused(void) {
    fake_port *fake = packets_open(SN_ROLE_HEAD, SN_VIA_UDP);
    fake_link(fake, SN_OK, NULL);
    packets_put_hello(fake, SN_FLAG_ANSWER, FAKE_SESSION, 1, 127);
    CHECK_TEXT(fake_line(fake),
               "! link via=udp state=down code=mtu msg=\"the peer's frames hold less than 128 bytes\"");
    fake_free(fake);
    fake = packets_open(SN_ROLE_HEAD, SN_VIA_BLE);
    fake->frame_limit = 20;
    fake_link(fake, SN_OK, NULL);
    CHECK_TEXT(fake_line(fake),
               "! link via=ble state=down code=mtu msg=\"the link's frames hold less than 128 bytes\"");
    packets_expect_nothing(fake);
    fake_free(fake);
    fake = packets_open(SN_ROLE_HEAD, SN_VIA_UDP);
    fake_link(fake, SN_OK, NULL);
    packets_put_single(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 1, (sn_bytes){(const uint8_t *)"\x31\0\x03\0low", 7});
    CHECK_TEXT(fake_line(fake), "! link via=udp state=down code=mtu msg=low");
    fake_free(fake);
}

static void hello_promises_no_longer_frames_than_a_node_takes(void) {
    fake_port *fake = packets_open(SN_ROLE_HEAD, SN_VIA_UDP);
    fake->frame_limit = 9000;
    fake_link(fake, SN_OK, NULL);
    sn_bytes payload = packets_get_single(fake, SN_FRAME_HELLO, SN_FLAG_ACK_REQUESTED, 1);
    CHECK_UINT(sn_get_u16(&payload.data[2]), 1472);
    fake_free(fake);
}

static void a_peripheral_waits_30_s_for_its_host(void) {
    fake_port *fake = packets_open(SN_ROLE_HEAD, SN_VIA_BLE);
    fake_pass(fake, 29999999);
    CHECK(fake_line(fake) == NULL);
    fake_pass(fake, 1);
    CHECK(strstr(fake_line(fake), "! link via=ble state=down code=edge_unreachable") != NULL);
    fake_free(fake);
}

/* The activation of an inference goes out over BLE, but for the bytes that the driver has no room for. */
static fake_port *sending(uint32_t room) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_BLE);
    CHECK_TEXT(fake_ask(fake, "infer via=ble"), "ok id=2");
    fake->link_room = room;
    fake_finish_invoke(fake);
    return fake;
}

/* The connection is lost and opened again. */
static void lose(fake_port *fake) {
    uint32_t opens = fake->link_opens;
    fake_link(fake, SN_ERR_EDGE_LOST, "gone");
    CHECK(strncmp(fake_line(fake), "W (", 3) == 0);
    CHECK_UINT(fake->link_opens, opens + 1);
}

static void greet(fake_port *fake, uint32_t id) {
    fake_link(fake, SN_OK, NULL);
    packets_put_hello(fake, SN_FLAG_ANSWER, FAKE_SESSION, id, PEER_LIMIT);
}

static void a_message_that_never_gets_further_over_ble_ends_however_often_the_connection_is_opened(void) {
    fake_port *fake = sending(600);
    for (uint32_t i = 0; i < 4; i++) { /* every connection lasts for two fragments */
        fake_pass(fake, 2000000);
        CHECK(fake_line(fake) == NULL);
        lose(fake);
        fake->link_room = 44 + 600;
        greet(fake, 3 + i);
    }
    fake_pass(fake, 1999999);
    CHECK(fake_line(fake) == NULL);
    fake_pass(fake, 1);
    CHECK_TEXT(fake_line(fake),
               "! infer id=2 state=err code=edge_timeout msg=\"the message could not be sent within 10 s\"");
    fake_take(fake, 10000);
    CHECK_TEXT(fake_ask(fake, "rtt via=ble size=10"), "ok id=7"); /* the link is up */
    fake_free(fake);
}

static void a_message_that_gets_further_over_ble_goes_on_for_as_long_as_it_takes(void) {
    fake_port *fake = sending(600);
    for (uint32_t i = 0; i < 5; i++) {
        fake_pass(fake, 9000000);
        CHECK(fake_line(fake) == NULL);
        lose(fake);
        fake->link_room = 44 + 250 * (3 + i); /* one more each time */
        greet(fake, 3 + i);
    }
    uint8_t result[256];
    packets_put_single(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, 2, (sn_bytes){result, head_make_result(result, false)});
    CHECK(strstr(fake_line(fake), "! infer id=2 state=ok") != NULL);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void a_peer_that_only_comes_and_goes_ends_the_inference(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_BLE);
    CHECK_TEXT(fake_ask(fake, "infer via=ble"), "ok id=2");
    lose(fake);
    fake_finish_invoke(fake);
    for (uint32_t i = 0; i < 29; i++) { /* it finds its peripheral, and does not greet it */
        fake_link(fake, SN_OK, NULL);
        fake_pass(fake, 300000);
        CHECK(fake_line(fake) == NULL);
        lose(fake);
    }
    fake_pass(fake, 1300000);
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=edge_unreachable msg=\"no connection to the edge server "
                                "or the peer in time\"");
    CHECK(strstr(fake_line(fake), "! link via=ble state=down code=edge_unreachable") != NULL);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void a_round_trip_over_ble_is_bounded_as_an_inference_is(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_BLE);
    fake->link_room = 600;
    CHECK_TEXT(fake_ask(fake, "rtt via=ble size=1000"), "ok id=2");
    lose(fake);
    fake_pass(fake, 9999999);
    CHECK(fake_line(fake) == NULL);
    fake_pass(fake, 1);
    CHECK_TEXT(fake_line(fake),
               "! rtt id=2 state=err code=edge_timeout msg=\"the message could not be sent within 10 s\"");
    fake->link_room = 1000;
    greet(fake, 3); /* it is not too late for the link */
    CHECK(fake_line(fake) == NULL);
    CHECK_TEXT(fake_ask(fake, "rtt via=ble size=10"), "ok id=4");
    fake_free(fake);
}

static const test_case node_packets_cases[] = {
    TEST(the_link_is_opened_to_whom_the_console_has_named),
    TEST(a_link_that_the_machine_lacks_is_unsupported),
    TEST(hello_is_repeated_until_it_is_answered),
    TEST(a_peer_that_never_answers_hello_is_given_up_within_10_s),
    TEST(frames_too_small_for_hello_are_refused),
    TEST(hello_promises_no_longer_frames_than_a_node_takes),
    TEST(a_peripheral_waits_30_s_for_its_host),
    TEST(a_message_that_never_gets_further_over_ble_ends_however_often_the_connection_is_opened),
    TEST(a_message_that_gets_further_over_ble_goes_on_for_as_long_as_it_takes),
    TEST(a_peer_that_only_comes_and_goes_ends_the_inference),
    TEST(a_round_trip_over_ble_is_bounded_as_an_inference_is),
};
SUITE(node_packets, node_packets_cases);
