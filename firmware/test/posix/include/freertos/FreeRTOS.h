/* SPDX-License-Identifier: MIT */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t TickType_t;
typedef int BaseType_t;

#define portMAX_DELAY UINT32_MAX
#define pdTRUE 1
#define pdPASS 1

size_t strlcpy(char *to, const char *from, size_t size); /* newlib's; glibc has it from 2.38 on */

#endif
