/* SPDX-License-Identifier: MIT */
#ifndef FREERTOS_IDF_ADDITIONS_H
#define FREERTOS_IDF_ADDITIONS_H

#include "freertos/queue.h"

QueueHandle_t xQueueCreateWithCaps(unsigned length, size_t size, unsigned caps);

#endif
