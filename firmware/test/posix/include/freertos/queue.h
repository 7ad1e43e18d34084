/* SPDX-License-Identifier: MIT */
#ifndef FREERTOS_QUEUE_H
#define FREERTOS_QUEUE_H

#include "freertos/task.h"

typedef struct queue *QueueHandle_t;

QueueHandle_t xQueueCreate(unsigned length, size_t size);
/* `wait` is 0 or portMAX_DELAY. */
BaseType_t xQueueSend(QueueHandle_t queue, const void *item, TickType_t wait);
BaseType_t xQueueReceive(QueueHandle_t queue, void *item, TickType_t wait);

#endif
