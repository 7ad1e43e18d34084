/* SPDX-License-Identifier: MIT */
/*
 * The targets without a fuzzer. Usage: replay <target> <file> ... gives each file to the target; without arguments it
 * lists the targets.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "test.h"

#define MOST (1u << 20)

int main(int argc, char **argv) {
    if (argc == 1) {
        for (const fuzz_target *const *each = fuzz_targets; *each != NULL; each++) {
            printf("%s\n", (*each)->name);
        }
        return 0;
    }
    const fuzz_target *target = fuzz_find(argv[1]);
    uint8_t *content = malloc(MOST);
    if (target == NULL || content == NULL) {
        printf("there is no target '%s'\n", argv[1]);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            printf("%s cannot be read\n", argv[i]);
            return 2;
        }
        printf("%s\n", argv[i]);
        fflush(stdout); /* so that a failure is that of the last line */
        fuzz_input input = {content, fread(content, 1, MOST, file)};
        fclose(file);
        target->run(&input);
    }
    free(content);
    return 0;
}
