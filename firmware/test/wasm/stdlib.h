/* SPDX-License-Identifier: MIT */
#ifndef TEST_WASM_STDLIB_H
#define TEST_WASM_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void free(void *memory);
unsigned long strtoul(const char *text, char **end, int base);
_Noreturn void exit(int status);

#endif
