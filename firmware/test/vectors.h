/* SPDX-License-Identifier: MIT */
/* The vectors that this core and the Python implementation share: rows of words, most of them hexadecimal. */
#ifndef VECTORS_H
#define VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VECTOR_WORDS 512

typedef struct {
    size_t count;
    char *word[VECTOR_WORDS];
} vector_row;

/* Calls `use` for each row of a file and fails the test if there is none. */
void vectors_each(const char *file, void (*use)(const vector_row *row));

bool vector_is(const vector_row *row, size_t index, const char *word);
uint32_t vector_number(const vector_row *row, size_t index);

/* Hexadecimal bytes, "-" for none, "00*9" for nine zeros. Returns the length. */
size_t vector_bytes(const vector_row *row, size_t index, uint8_t *to, size_t capacity);

#endif
