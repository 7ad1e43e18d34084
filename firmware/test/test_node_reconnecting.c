/* SPDX-License-Identifier: MIT */
/* A head and a tail of which one restarts, or whose connection ends, in the middle of a message. */
#include <stdio.h>
#include <string.h>

#include "ether.h"
#include "test.h"

static const sn_via repeated[] = {SN_VIA_UDP, SN_VIA_ESPNOW};

static void a_tail_that_has_restarted_says_so_at_once(void) {
    ether *air = ether_new(SN_VIA_UDP, 2);
    fake_boot(air->tail);
    while (fake_line(air->tail) != NULL) {
    }
    CHECK_TEXT(fake_ask(air->tail, "link via=udp state=up"), "ok");
    fake_link(air->tail, SN_OK, NULL);
    (void)ether_infer(air, SN_VIA_UDP, false);
    const char *line = ether_wait(air, 1000000);
    CHECK(line != NULL && strstr(line, "state=err code=edge_lost") != NULL);
    CHECK_TEXT(ether_ask(air, "link via=udp state=up"), "ok");
    fake_link(air->head, SN_OK, NULL);
    CHECK_TEXT(ether_wait(air, 1000000), "! link via=udp state=up");
    CHECK_TEXT(fake_line(air->tail), "! link via=udp state=up");
    ether_expect_result(air, ether_infer(air, SN_VIA_UDP, false));
    ether_free(air);
}

static uint32_t another_session(void *ctx) {
    (void)ctx;
    return 0x0DDBA11u;
}

static void a_head_that_restarts_in_the_middle_gets_nothing_of_its_former_life(void) {
    for (size_t i = 0; i < 2; i++) {
        ether *air = ether_new(repeated[i], 2);
        (void)ether_infer(air, repeated[i], true);
        ether_pass(air, 35000); /* the tail computes */
        CHECK_UINT(air->tail->invoked, 1);
        air->head->port.random_u32 = another_session;
        fake_boot(air->head);
        while (fake_line(air->head) != NULL) {
        }
        fake_store_image(air->head);
        CHECK(fake_ask(air->head, "edge host=tail port=3333") != NULL);
        CHECK(fake_ask(air->head, "peer mac=02:00:00:00:00:02") != NULL);
        char request[48];
        snprintf(request, sizeof request, "link via=%s state=up", ether_vias[repeated[i]]);
        CHECK_TEXT(ether_ask(air, request), "ok");
        fake_link(air->head, SN_OK, NULL);
        CHECK(strstr(ether_wait(air, 10000), "state=down code=busy") != NULL);
        CHECK(ether_wait(air, 1000000) == NULL);
        CHECK_TEXT(ether_ask(air, request), "ok");
        fake_link(air->head, SN_OK, NULL);
        CHECK(strstr(ether_wait(air, 10000), "state=up") != NULL);
        CHECK(strstr(fake_line(air->tail), "another head has greeted") != NULL);
        CHECK(strstr(fake_line(air->tail), "state=up") != NULL);
        ether_expect_result(air, ether_infer(air, repeated[i], false));
        CHECK_UINT(air->tail->invoked, 2);
        ether_free(air);
    }
}

static void a_lost_ble_connection_is_opened_again_and_the_message_sent_again(void) {
    /* Cut while the head computes, while it sends, while the tail computes, and while the answer is on its way. */
    static const uint64_t moments[] = {10000, 20700, 30000, 43200};
    for (size_t i = 0; i < 4; i++) {
        ether *air = ether_new(SN_VIA_BLE, 6);
        uint32_t id = ether_infer(air, SN_VIA_BLE, false);
        ether_pass(air, moments[i]);
        ether_cut(air);
        const char *line = ether_wait(air, 1);
        CHECK(line != NULL && strncmp(line, "W (", 3) == 0);
        line = ether_expect_result(air, id);
        CHECK_UINT(ether_number(line, "resent") != 0, i != 0);
        CHECK_UINT(air->tail->invoked, 1);
        CHECK(strstr(fake_line(air->tail), "state=down") != NULL);
        CHECK(strstr(fake_line(air->tail), "state=up") != NULL);
        ether_expect_result(air, ether_infer(air, SN_VIA_BLE, true));
        ether_free(air);
    }
}

static void a_ble_connection_that_does_not_come_back_ends_the_inference(void) {
    ether *air = ether_new(SN_VIA_BLE, 6);
    uint32_t id = ether_infer(air, SN_VIA_BLE, false);
    ether_pass(air, 30000);
    fake_link(air->head, SN_ERR_EDGE_LOST, "gone");
    CHECK(strncmp(ether_wait(air, 1), "W (", 3) == 0);
    char expected[96];
    snprintf(expected, sizeof expected, "! infer id=%u state=err code=edge_timeout", id);
    CHECK(strncmp(ether_wait(air, 10000000), expected, strlen(expected)) == 0);
    CHECK(strstr(ether_wait(air, 10000000), "! link via=ble state=down code=edge_unreachable") != NULL);
    CHECK(ether_wait(air, 60000000) == NULL);
    ether_free(air);
}

static const test_case node_reconnecting_cases[] = {
    TEST(a_tail_that_has_restarted_says_so_at_once),
    TEST(a_head_that_restarts_in_the_middle_gets_nothing_of_its_former_life),
    TEST(a_lost_ble_connection_is_opened_again_and_the_message_sent_again),
    TEST(a_ble_connection_that_does_not_come_back_ends_the_inference),
};
SUITE(node_reconnecting, node_reconnecting_cases);
