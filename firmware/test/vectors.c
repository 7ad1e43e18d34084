/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static char file_text[65536];

/* Ends the next piece at `*at` that holds none of `separators` by a zero; NULL if there is none. */
static char *take(char **at, const char *separators) {
    while (**at != '\0' && strchr(separators, **at) != NULL) {
        (*at)++;
    }
    char *piece = *at;
    while (**at != '\0' && strchr(separators, **at) == NULL) {
        (*at)++;
    }
    if (**at != '\0') {
        *(*at)++ = '\0';
    }
    return *piece != '\0' ? piece : NULL;
}

void vectors_each(const char *file, void (*use)(const vector_row *row)) {
    size_t length = test_read(file, file_text, sizeof file_text);
    CHECK(length > 0 && length < sizeof file_text);
    file_text[length] = '\0';
    char *at = file_text;
    size_t rows = 0;
    for (char *line = take(&at, "\r\n"); line != NULL; line = take(&at, "\r\n")) {
        if (line[0] == '#') {
            continue;
        }
        vector_row row = {0};
        for (char *word = take(&line, " "); word != NULL; word = take(&line, " ")) {
            CHECK(row.count < VECTOR_WORDS);
            row.word[row.count++] = word;
        }
        use(&row);
        rows++;
    }
    CHECK(rows > 0);
}

bool vector_is(const vector_row *row, size_t index, const char *word) {
    return index < row->count && strcmp(row->word[index], word) == 0;
}

uint32_t vector_number(const vector_row *row, size_t index) {
    CHECK(index < row->count);
    char *end = NULL;
    unsigned long number = strtoul(row->word[index], &end, 16);
    CHECK(*end == '\0' && number <= UINT32_MAX);
    return (uint32_t)number;
}

static uint8_t digit(char c) {
    const char *digits = "0123456789abcdef";
    const char *found = strchr(digits, c);
    CHECK(c != '\0' && found != NULL);
    return (uint8_t)(found - digits);
}

size_t vector_bytes(const vector_row *row, size_t index, uint8_t *to, size_t capacity) {
    CHECK(index < row->count);
    const char *word = row->word[index];
    if (strcmp(word, "-") == 0) {
        return 0;
    }
    const char *star = strchr(word, '*');
    size_t length = star != NULL ? strtoul(star + 1, NULL, 10) : strlen(word) / 2;
    CHECK(length <= capacity);
    CHECK(star != NULL || strlen(word) % 2 == 0);
    for (size_t i = 0; i < length; i++) {
        const char *digits = star != NULL ? word : &word[2 * i];
        to[i] = (uint8_t)(digit(digits[0]) << 4 | digit(digits[1]));
    }
    return length;
}
