/* SPDX-License-Identifier: MIT */
/* WebAssembly keeps in memory what has an address; the rest of a stack is in nobody's sight. */
#include "stack.h"

#define UNUSED 0xa5a5a5a5u

/* The linker's: where the stack ends and begins. */
extern uint32_t stack_low[] __asm__("__stack_low"), stack_high[] __asm__("__stack_high");

void virtual_stack_fill(void) {
    for (uint32_t *at = stack_low; at < (uint32_t *)__builtin_frame_address(0); at++) {
        *at = UNUSED;
    }
}

uint32_t virtual_stack_reserve(void) {
    const uint32_t *at = stack_low;
    while (at < stack_high && *at == UNUSED) {
        at++;
    }
    return (uint32_t)((uintptr_t)at - (uintptr_t)stack_low);
}
