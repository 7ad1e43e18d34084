/* SPDX-License-Identifier: MIT */
/* The packet links of a node in role head: to whom they are opened, how they are greeted. */
#include <string.h>

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

static void a_peripheral_waits_30_s_for_its_host(void) {
    fake_port *fake = packets_open(SN_ROLE_HEAD, SN_VIA_BLE);
    fake_pass(fake, 29999999);
    CHECK(fake_line(fake) == NULL);
    fake_pass(fake, 1);
    CHECK(strstr(fake_line(fake), "! link via=ble state=down code=edge_unreachable") != NULL);
    fake_free(fake);
}

static const test_case node_packets_cases[] = {
    TEST(the_link_is_opened_to_whom_the_console_has_named),
    TEST(a_link_that_the_machine_lacks_is_unsupported),
    TEST(hello_is_repeated_until_it_is_answered),
    TEST(a_peer_that_never_answers_hello_is_given_up_within_10_s),
    TEST(frames_too_small_for_hello_are_refused),
    TEST(a_peripheral_waits_30_s_for_its_host),
};
SUITE(node_packets, node_packets_cases);
