/* SPDX-License-Identifier: MIT */
/* A test harness of one page: suites of named cases; the first failed check ends the program. */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name; /* a behaviour */
    void (*run)(void);
} test_case;

typedef struct {
    const char *name;
    const test_case *cases;
    size_t count;
} test_suite;

/* Those of the program, ended by NULL. */
extern const test_suite *const test_suites[];

#define TEST(function) {#function, function}
#define SUITE(name, cases) const test_suite name = {#name, cases, sizeof(cases) / sizeof((cases)[0])}

#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_UINT(actual, expected) check_uint((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_BYTES(actual, actual_length, expected, expected_length)                                                  \
    check_bytes((actual), (actual_length), (expected), (expected_length), #actual, __FILE__, __LINE__)

void check_true(bool condition, const char *what, const char *file, int line);
void check_uint(uint64_t actual, uint64_t expected, const char *what, const char *file, int line);
void check_text(const char *actual, const char *expected, const char *what, const char *file, int line);
void check_bytes(const void *actual, size_t actual_length, const void *expected, size_t expected_length,
                 const char *what, const char *file, int line);

/* Runs the cases of a suite; returns what the program shall exit with. */
int test_run(const char *suite);

/* Reads a file of vectors; given by the machine that the tests run on, as are printf and exit. */
size_t test_read(const char *name, char *to, size_t capacity);

/* Pseudo-random numbers that are the same in every run. */
uint32_t test_random(uint32_t *state);

#endif
