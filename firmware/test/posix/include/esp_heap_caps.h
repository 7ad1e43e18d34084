/* SPDX-License-Identifier: MIT */
#ifndef ESP_HEAP_CAPS_H
#define ESP_HEAP_CAPS_H

#include <stdlib.h>

/* One heap is all there is. */
#define heap_caps_malloc_prefer(size, count, ...) malloc(size)

#endif
