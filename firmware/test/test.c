/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    for (const test_suite *const *each = test_suites; *each != NULL; each++) {
        if (strcmp((*each)->name, suite) != 0) {
            continue;
        }
        for (size_t i = 0; i < (*each)->count; i++) {
            running = (*each)->cases[i].name;
            (*each)->cases[i].run();
        }
        printf("%zu passed\n", (*each)->count);
        return 0;
    }
    printf("there is no suite '%s'\n", suite);
    return 2;
}
