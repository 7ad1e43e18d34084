/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "ether.h"
#include "test.h"

const char *const ether_vias[] = {"", "tcp", "udp", "espnow", "ble"};

uint32_t ether_number(const char *line, const char *key) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, " %s=", key);
    const char *at = strstr(line, pattern);
    CHECK(at != NULL);
    return (uint32_t)strtoul(at + strlen(pattern), NULL, 10);
}

uint32_t ether_infer(ether *air, sn_via via, bool want_output) {
    char request[48];
    snprintf(request, sizeof request, "infer via=%s output=%d", ether_vias[via], want_output);
    const char *answer = ether_ask(air, request);
    CHECK(strncmp(answer, "ok id=", 6) == 0);
    return ether_number(answer, "id");
}

const char *ether_expect_result(ether *air, uint32_t id) {
    char expected[64];
    const char *line = ether_wait(air, 30000000);
    CHECK(line != NULL);
    snprintf(expected, sizeof expected, "! infer id=%u state=ok ", id);
    CHECK(strncmp(line, expected, strlen(expected)) == 0);
    snprintf(expected, sizeof expected, " act_crc=%08x act_len=1600 rx_crc=%08x ",
             sn_crc32(0, air->head->model_output, FAKE_CROSSING), sn_crc32(0, air->tail->input, FAKE_CROSSING));
    CHECK(strstr(line, expected) != NULL);
    snprintf(expected, sizeof expected, " out_crc=%08x", sn_crc32(0, air->tail->model_output, FAKE_CLASSES));
    CHECK(strstr(line, expected) != NULL);
    CHECK_BYTES(air->head->model_output, FAKE_CROSSING, air->tail->input, FAKE_CROSSING);
    return line;
}
