/* SPDX-License-Identifier: MIT */
/* A program of tests: runs the one that its argument names. */
#ifndef CASES_H
#define CASES_H

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <string.h>

typedef struct {
    const char *name; /* a behaviour */
    void (*run)(void);
} test_case;

#define TEST(function) {#function, function}

static inline int run_case(const test_case *cases, size_t count, int argc, char **argv) {
    for (size_t i = 0; i < count; i++) {
        if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    }
    return 2;
}

#endif
