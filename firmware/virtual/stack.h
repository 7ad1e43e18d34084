/* SPDX-License-Identifier: MIT */
/* How much of the module's stack has never been used. */
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

/* Fills what is free of it, as FreeRTOS does; before the first event. */
void virtual_stack_fill(void);
/* Bytes at its end that are as they were filled. */
uint32_t virtual_stack_reserve(void);

#endif
