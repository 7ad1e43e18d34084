/* SPDX-License-Identifier: MIT */
/* What the core and its tests use of <string.h>; wasm32-freestanding has no C library. */
#ifndef TEST_WASM_STRING_H
#define TEST_WASM_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *left, const void *right, size_t n);
size_t strlen(const char *text);

void *memchr(const void *bytes, int value, size_t n);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
char *strstr(const char *text, const char *part);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t n);

#endif
