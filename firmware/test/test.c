/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const test_suite reason, link, gateway, arq, crc, cobs, mac, frame, message, reassembly, stream, text, requests,
    console, chunk, upload, topk, slot, result, node_console, node_head, node_link, node_tail, node_full, node_packets,
    node_asking, node_answering, node_heads, node_echo, node_ether, node_gateway, node_update, noise;

static const test_suite *const suites[] = {
    &reason,    &link,       &gateway,      &arq,          &crc,         &cobs,           &mac,
    &frame,     &message,    &reassembly,   &stream,       &text,        &requests,       &console,
    &chunk,     &upload,     &topk,         &slot,         &result,      &node_console,   &node_head,
    &node_link, &node_tail,  &node_full,    &node_packets, &node_asking, &node_answering, &node_heads,
    &node_echo, &node_ether, &node_gateway, &node_update,  &noise};

static const char *running = "";

static void fail(const char *what, const char *file, int line) {
    printf("FAILED %s\n%s:%d: %s\n", running, file, line, what);
    exit(1);
}

void check_true(bool condition, const char *what, const char *file, int line) {
    if (!condition) {
        fail(what, file, line);
    }
}

void check_uint(uint64_t actual, uint64_t expected, const char *what, const char *file, int line) {
    if (actual != expected) {
        unsigned long long is = actual;
        unsigned long long shall_be = expected;
        printf("%llu (0x%llx) instead of %llu (0x%llx)\n", is, is, shall_be, shall_be);
        fail(what, file, line);
    }
}

void check_text(const char *actual, const char *expected, const char *what, const char *file, int line) {
    if (actual == NULL || strcmp(actual, expected) != 0) {
        printf("'%s'\ninstead of\n'%s'\n", actual != NULL ? actual : "(nothing)", expected);
        fail(what, file, line);
    }
}

static void print_bytes(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length && i < 64; i++) {
        printf("%02x", bytes[i]);
    }
    printf(" (%zu bytes)\n", length);
}

void check_bytes(const void *actual, size_t actual_length, const void *expected, size_t expected_length,
                 const char *what, const char *file, int line) {
    if (actual_length != expected_length || (actual_length != 0 && memcmp(actual, expected, actual_length) != 0)) {
        print_bytes(actual, actual_length);
        print_bytes(expected, expected_length);
        fail(what, file, line);
    }
}

/* xorshift32 */
uint32_t test_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

int test_run(const char *suite) {
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (strcmp(suites[i]->name, suite) != 0) {
            continue;
        }
        for (size_t j = 0; j < suites[i]->count; j++) {
            running = suites[i]->cases[j].name;
            suites[i]->cases[j].run();
        }
        printf("%zu passed\n", suites[i]->count);
        return 0;
    }
    printf("there is no suite '%s'\n", suite);
    return 2;
}
