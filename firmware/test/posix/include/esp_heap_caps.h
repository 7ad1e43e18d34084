/* SPDX-License-Identifier: MIT */
#ifndef ESP_HEAP_CAPS_H
#define ESP_HEAP_CAPS_H

#include <stddef.h>

#define MALLOC_CAP_8BIT (1u << 2)
#define MALLOC_CAP_SPIRAM (1u << 10)
#define MALLOC_CAP_DEFAULT (1u << 12)

void *heap_caps_malloc_prefer(size_t size, size_t count, ...);

#endif
