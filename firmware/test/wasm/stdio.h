/* SPDX-License-Identifier: MIT */
#ifndef TEST_WASM_STDIO_H
#define TEST_WASM_STDIO_H

#include <stddef.h>

/* Conversions: %s %d %u %x %zu %llu %llx, and a width with leading zeros. */
__attribute__((format(printf, 3, 4))) int snprintf(char *to, size_t capacity, const char *format, ...);
__attribute__((format(printf, 1, 2))) int printf(const char *format, ...);

#endif
