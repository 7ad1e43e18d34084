/* SPDX-License-Identifier: MIT */
/* The fuzzer's bytes, and the list of targets. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "test.h"

extern const fuzz_target fuzz_codecs, fuzz_console, fuzz_chunks, fuzz_requests, fuzz_stream, fuzz_packets, fuzz_gateway,
    fuzz_reassembly, fuzz_slot, fuzz_update;

const fuzz_target *const fuzz_targets[] = {&fuzz_codecs, &fuzz_console, &fuzz_chunks,  &fuzz_requests,
                                           &fuzz_stream, &fuzz_packets, &fuzz_gateway, &fuzz_reassembly,
                                           &fuzz_slot,   &fuzz_update,  NULL};

const fuzz_target *fuzz_find(const char *name) {
    for (const fuzz_target *const *each = fuzz_targets; *each != NULL; each++) {
        if (strcmp((*each)->name, name) == 0) {
            return *each;
        }
    }
    return NULL;
}

uint8_t fuzz_byte(fuzz_input *input) {
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->data++;
}

uint16_t fuzz_u16(fuzz_input *input) {
    uint8_t low = fuzz_byte(input);
    return (uint16_t)(low | fuzz_byte(input) << 8);
}

uint32_t fuzz_u32(fuzz_input *input) {
    uint32_t low = fuzz_u16(input);
    return low | (uint32_t)fuzz_u16(input) << 16;
}

uint32_t fuzz_below(fuzz_input *input, uint32_t bound) {
    return fuzz_byte(input) % bound;
}

sn_bytes fuzz_bytes(fuzz_input *input, uint32_t most) {
    static uint8_t *memory;
    uint32_t length = fuzz_u16(input) % (most + 1);
    if (length > input->left) {
        length = (uint32_t)input->left;
    }
    free(memory);
    memory = malloc(length + 1);
    CHECK(memory != NULL);
    memcpy(&memory[1], input->data, length); /* at an odd address, as they come on the chip */
    input->data += length;
    input->left -= length;
    return (sn_bytes){&memory[1], length};
}
