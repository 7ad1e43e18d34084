/* SPDX-License-Identifier: MIT */
/* A head and a tail over a medium that loses, doubles and reorders what they send. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "ether.h"
#include "head.h"
#include "test.h"

static const sn_via repeated[] = {SN_VIA_UDP, SN_VIA_ESPNOW};
static const sn_via packets[] = {SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};

static void an_inference_over_a_perfect_medium_takes_no_frame_more_than_it_must(void) {
    static const uint32_t limits[] = {1472, 250, 244};
    for (size_t i = 0; i < 3; i++) {
        ether *air = ether_new(packets[i], 1);
        air->frame_us = 0;
        air->invoke_us = 30000;
        const char *line = ether_expect_result(air, ether_infer(air, packets[i], false));
        uint32_t fragments = (FAKE_CROSSING + 12 + limits[i] - 17) / (limits[i] - 16);
        CHECK_UINT(ether_number(line, "frames"), fragments);
        CHECK_UINT(ether_number(line, "resent"), 0);
        CHECK_UINT(ether_number(line, "wire"), FAKE_CROSSING + 12 + fragments * 16);
        CHECK_UINT(ether_number(line, "send_us") + ether_number(line, "wait_us") + ether_number(line, "load_us") +
                       ether_number(line, "invoke_us"),
                   ether_number(line, "total_us"));
        CHECK_UINT(ether_number(line, "total_us"), 60000 + 1000);
        CHECK(air->head->deadline == SN_NO_DEADLINE && air->tail->deadline == SN_NO_DEADLINE);
        ether_free(air);
    }
}

static void nothing_is_lost_wrong_or_done_twice_over_a_medium_that_loses_doubles_and_reorders(void) {
    for (uint32_t seed = 0; seed < 24; seed++) {
        sn_via via = repeated[seed % 2];
        ether *air = ether_new(via, seed);
        air->loss = seed / 2 * 25; /* up to 27.5 % */
        air->doubling = 50;
        air->reordering = 300;
        for (uint32_t round = 0; round < 4; round++) {
            uint32_t done = air->tail->invoked;
            ether_expect_result(air, ether_infer(air, via, round % 2 == 1));
            CHECK_UINT(air->tail->invoked, done + 1);
        }
        ether_free(air);
    }
}

static void a_reordered_frame_costs_nothing(void) {
    ether *air = ether_new(SN_VIA_UDP, 5);
    air->reordering = 500;
    air->frame_us = 50;
    air->driver = 32;
    for (uint32_t round = 0; round < 20; round++) {
        CHECK_UINT(ether_number(ether_expect_result(air, ether_infer(air, SN_VIA_UDP, false)), "resent"), 0);
    }
    ether_free(air);
}

static void what_is_resent_stays_in_proportion_to_what_is_lost(void) {
    ether *air = ether_new(SN_VIA_ESPNOW, 3);
    air->loss = 100;
    uint32_t resent = 0;
    uint32_t frames = 0;
    for (uint32_t round = 0; round < 40; round++) {
        const char *line = ether_expect_result(air, ether_infer(air, SN_VIA_ESPNOW, false));
        resent += ether_number(line, "resent");
        frames += ether_number(line, "frames");
    }
    CHECK(resent > 0 && resent < 3 * air->lost);
    CHECK(frames < 40 * 7 * 2);
    ether_free(air);
}

static bool no_results(const sn_header *header) {
    return header->type == SN_FRAME_RESULT;
}

static void a_message_that_gets_no_answer_times_out_and_the_link_stays_up(void) {
    for (size_t i = 0; i < 2; i++) {
        ether *air = ether_new(repeated[i], 9);
        air->spoil = no_results;
        uint32_t id = ether_infer(air, repeated[i], false);
        const char *line = ether_wait(air, 12000000);
        char expected[64];
        snprintf(expected, sizeof expected, "! infer id=%u state=err code=edge_timeout", id);
        CHECK(strncmp(line, expected, strlen(expected)) == 0);
        CHECK(ether_wait(air, 60000000) == NULL);
        CHECK(air->head->deadline == SN_NO_DEADLINE && air->tail->deadline == SN_NO_DEADLINE);
        uint64_t frames = air->frames;
        CHECK(frames < 100); /* polls become rare */
        air->spoil = NULL;
        ether_expect_result(air, ether_infer(air, repeated[i], false));
        ether_free(air);
    }
}

static void a_result_that_comes_after_its_time_does_not_answer_the_next_inference(void) {
    ether *air = ether_new(SN_VIA_UDP, 9);
    air->latency_us = 6000000;
    uint32_t id = ether_infer(air, SN_VIA_UDP, false);
    char expected[64];
    snprintf(expected, sizeof expected, "! infer id=%u state=err code=edge_timeout", id);
    CHECK(strncmp(ether_wait(air, 20000000), expected, strlen(expected)) == 0);
    air->latency_us = 500;
    memset(air->head->image_memory, 1, FAKE_INPUT); /* another activation than the first one */
    id = ether_infer(air, SN_VIA_UDP, false);
    const char *line = ether_wait(air, 20000000);
    snprintf(expected, sizeof expected, "! infer id=%u state=ok", id);
    CHECK(strncmp(line, expected, strlen(expected)) == 0);
    snprintf(expected, sizeof expected, " rx_crc=%08x", sn_crc32(0, air->head->model_output, FAKE_CROSSING));
    CHECK(strstr(line, expected) != NULL);
    CHECK(ether_wait(air, 60000000) == NULL);
    ether_free(air);
}

static void whatever_becomes_of_frames_every_message_ends_and_the_next_connection_works(void) {
    static const char *const requests[] = {"infer via=%s", "infer via=%s output=1", "rtt via=%s size=3000"};
    for (uint32_t seed = 0; seed < 18; seed++) {
        sn_via via = packets[seed % 3];
        ether *air = ether_new(via, seed);
        air->damage = 200;
        air->loss = air->doubling = air->reordering = via == SN_VIA_BLE ? 0 : 100;
        for (uint32_t round = 0; round < 6; round++) {
            char request[48];
            snprintf(request, sizeof request, requests[round % 3], ether_vias[via]);
            CHECK(strncmp(ether_ask(air, request), "ok id=", 6) == 0);
            CHECK(strstr(ether_wait(air, 12000000), round % 3 < 2 ? "! infer id=" : "! rtt id=") != NULL);
            CHECK(air->head->deadline == SN_NO_DEADLINE);
        }
        air->damage = air->loss = air->doubling = air->reordering = 0;
        ether_pass(air, 1000000);
        while (fake_line(air->tail) != NULL) {
        }
        ether_connect(air, via);
        ether_expect_result(air, ether_infer(air, via, true));
        ether_free(air);
    }
}

static bool everything(const sn_header *header) {
    (void)header;
    return true;
}

static void a_dead_medium_ends_the_message_after_bounded_attempts(void) {
    for (size_t i = 0; i < 2; i++) {
        ether *air = ether_new(repeated[i], 4);
        air->spoil = everything;
        uint64_t before = air->frames;
        (void)ether_infer(air, repeated[i], false);
        CHECK(strstr(ether_wait(air, 11000000), "state=err code=edge_timeout") != NULL);
        CHECK(air->frames - before <= 7 + 20);
        ether_free(air);
    }
}

static void round_trips_of_any_size_come_back_whole(void) {
    static const uint32_t sizes[] = {0, 1, 100, 222, 1444, 1445, 3000};
    for (size_t i = 0; i < 3; i++) {
        ether *air = ether_new(packets[i], 7);
        air->loss = packets[i] == SN_VIA_BLE ? 0 : 100;
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            char request[48];
            snprintf(request, sizeof request, "rtt via=%s size=%u", ether_vias[packets[i]], sizes[j]);
            CHECK(strncmp(ether_ask(air, request), "ok id=", 6) == 0);
            const char *line = ether_wait(air, 10000000);
            CHECK(line != NULL && strstr(line, "! rtt id=") == line && strstr(line, " state=ok us=") != NULL);
            CHECK(ether_number(line, "wire") >= sizes[j] + 28);
        }
        ether_free(air);
    }
}

static void the_link_comes_up_in_spite_of_losses(void) {
    for (uint32_t seed = 0; seed < 20; seed++) {
        ether *air = ether_apart(repeated[seed % 2], seed);
        air->loss = 300;
        air->doubling = 200;
        air->reordering = 300;
        ether_connect(air, repeated[seed % 2]);
        ether_pass(air, 20000000);
        CHECK(fake_line(air->head) == NULL && fake_line(air->tail) == NULL);
        CHECK(air->head->deadline == SN_NO_DEADLINE);
        ether_free(air);
    }
}

static void long_messages_pass_in_both_directions(void) {
    for (uint32_t seed = 0; seed < 6; seed++) {
        sn_via via = packets[seed % 3];
        char request[48];
        ether *air = ether_new(via, seed);
        air->loss = via == SN_VIA_BLE ? 0 : seed * 50;
        air->doubling = air->reordering = via == SN_VIA_BLE ? 0 : 100;
        snprintf(request, sizeof request, "rtt via=%s size=%u", ether_vias[via], FAKE_SPACE);
        CHECK(strncmp(ether_ask(air, request), "ok id=", 6) == 0);
        const char *line = ether_wait(air, 60000000);
        CHECK(line != NULL && strstr(line, " state=ok us=") != NULL);
        uint32_t fragments = FAKE_SPACE / air->head->frame_limit;
        CHECK(ether_number(line, "frames") > fragments && ether_number(line, "frames") < 3 * fragments);
        ether_free(air);
    }
}

static const test_case node_ether_cases[] = {
    TEST(an_inference_over_a_perfect_medium_takes_no_frame_more_than_it_must),
    TEST(nothing_is_lost_wrong_or_done_twice_over_a_medium_that_loses_doubles_and_reorders),
    TEST(a_reordered_frame_costs_nothing),
    TEST(what_is_resent_stays_in_proportion_to_what_is_lost),
    TEST(a_message_that_gets_no_answer_times_out_and_the_link_stays_up),
    TEST(a_result_that_comes_after_its_time_does_not_answer_the_next_inference),
    TEST(whatever_becomes_of_frames_every_message_ends_and_the_next_connection_works),
    TEST(a_dead_medium_ends_the_message_after_bounded_attempts),
    TEST(round_trips_of_any_size_come_back_whole),
    TEST(the_link_comes_up_in_spite_of_losses),
    TEST(long_messages_pass_in_both_directions),
};
SUITE(node_ether, node_ether_cases);
