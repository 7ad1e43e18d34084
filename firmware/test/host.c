/* SPDX-License-Identifier: MIT */
/* The tests as a program. Usage: core_tests <directory of the vectors> <suite> */
#include <stdio.h>

#include "test.h"

static const char *directory;

size_t test_read(const char *name, char *to, size_t capacity) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *input = fopen(path, "rb");
    CHECK(input != NULL);
    size_t length = fread(to, 1, capacity, input);
    fclose(input);
    return length;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        printf("usage: core_tests <directory of the vectors> <suite>\n");
        return 2;
    }
    directory = argv[1];
    return test_run(argv[2]);
}
