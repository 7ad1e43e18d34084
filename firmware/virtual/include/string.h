/* SPDX-License-Identifier: MIT */
/* The part of <string.h> that the core uses; memory.c defines it. */
#ifndef SPLITNODE_VIRTUAL_STRING_H
#define SPLITNODE_VIRTUAL_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *left, const void *right, size_t n);
size_t strlen(const char *text);

#endif
