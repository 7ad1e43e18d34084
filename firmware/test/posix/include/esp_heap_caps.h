/* SPDX-License-Identifier: MIT */
#ifndef ESP_HEAP_CAPS_H
#define ESP_HEAP_CAPS_H

#include <stdlib.h>

/* One heap is all there is. */
#define MALLOC_CAP_SPIRAM 0
#define MALLOC_CAP_8BIT 0
#define heap_caps_malloc_prefer(size, count, ...) malloc(size)

#endif
