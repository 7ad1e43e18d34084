/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define LONGEST_ROW 65536

const char *vector_directory = ".";

static char line[LONGEST_ROW];

static void split(char *text, vector_row *row) {
    row->count = 0;
    for (char *word = strtok(text, " \r\n"); word != NULL; word = strtok(NULL, " \r\n")) {
        CHECK(row->count < VECTOR_WORDS);
        row->word[row->count++] = word;
    }
}

void vectors_each(const char *file, void (*use)(const vector_row *row)) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", vector_directory, file);
    FILE *input = fopen(path, "r");
    CHECK(input != NULL);
    size_t rows = 0;
    while (fgets(line, sizeof line, input) != NULL) {
        CHECK(strchr(line, '\n') != NULL);
        if (line[0] == '#') {
            continue;
        }
        vector_row row;
        split(line, &row);
        if (row.count != 0) {
            use(&row);
            rows++;
        }
    }
    fclose(input);
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
