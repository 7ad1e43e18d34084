/* SPDX-License-Identifier: MIT */
/* Usage: core_tests <directory of the vectors> <suite> */
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

extern const test_suite crc, cobs, frame, message, reassembly, stream, text, requests, console, chunk, upload, topk,
    slot, result, node_console, node_head, node_tail, node_full, noise;

static const test_suite *const suites[] = {
    &crc,    &cobs, &frame, &message, &reassembly,   &stream,    &text,      &requests,  &console, &chunk,
    &upload, &topk, &slot,  &result,  &node_console, &node_head, &node_tail, &node_full, &noise};

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
        printf("%" PRIu64 " (0x%" PRIx64 ") instead of %" PRIu64 " (0x%" PRIx64 ")\n", actual, actual, expected,
               expected);
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

int main(int argc, char **argv) {
    if (argc != 3) {
        printf("usage: core_tests <directory of the vectors> <suite>\n");
        return 2;
    }
    vector_directory = argv[1];
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (strcmp(suites[i]->name, argv[2]) != 0) {
            continue;
        }
        for (size_t j = 0; j < suites[i]->count; j++) {
            running = suites[i]->cases[j].name;
            suites[i]->cases[j].run();
        }
        printf("%zu passed\n", suites[i]->count);
        return 0;
    }
    printf("there is no suite '%s'\n", argv[2]);
    return 2;
}
