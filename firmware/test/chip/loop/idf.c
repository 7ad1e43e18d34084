/* SPDX-License-Identifier: MIT */
/* The queue, eventfd and clock of the loop; there is one task only. */
#include <string.h>
#include <time.h>

#include "idf.h"

void test_on_turn(void);

static struct queue {
    uint8_t items[64][256];
    unsigned first, count, length;
    size_t size;
} only;

QueueHandle_t xQueueCreate(unsigned length, unsigned size) {
    if (length > 64 || size > sizeof only.items[0]) {
        return NULL;
    }
    only = (struct queue){.length = length, .size = size};
    return &only;
}

int xQueueSend(QueueHandle_t queue, const void *item, TickType_t wait) {
    if (queue->count == queue->length) {
        return wait == 0 ? pdFALSE : (abort(), pdFALSE); /* there is one task only */
    }
    memcpy(queue->items[(queue->first + queue->count++) % queue->length], item, queue->size);
    return pdTRUE;
}

int xQueueReceive(QueueHandle_t queue, void *item, TickType_t wait) {
    (void)wait;
    if (queue->count == 0) {
        return pdFALSE;
    }
    memcpy(item, queue->items[queue->first], queue->size);
    queue->first = (queue->first + 1) % queue->length;
    queue->count--;
    return pdTRUE;
}

void vTaskDelay(TickType_t ticks) {
    (void)ticks;
}

esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *config) {
    (void)config;
    return ESP_OK;
}

int64_t esp_timer_get_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

esp_err_t esp_task_wdt_add(void *task) {
    (void)task;
    return ESP_OK;
}

esp_err_t esp_task_wdt_reset(void) {
    test_on_turn();
    return ESP_OK;
}
