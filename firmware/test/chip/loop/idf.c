/* SPDX-License-Identifier: MIT */
/* The queue, eventfd and clock of the loop; there is one task only. */
#include <errno.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

#include "board.h"
#include "idf.h"

#undef select

#define CONTROL_BLOCK 88u /* a StaticQueue_t, rounded up */

unsigned board_delays;
int board_selects_without_memory;
uint32_t board_ticks;
size_t board_psram, board_internal_heap = 108 * 1024;
static bool is_watched;

static struct queue {
    uint8_t items[64][256];
    unsigned first, count, length;
    size_t size;
} only;

static QueueHandle_t create(size_t *heap, unsigned length, unsigned size) {
    const size_t need = CONTROL_BLOCK + (size_t)length * size;
    if (need > *heap || length > 64 || size > sizeof only.items[0]) {
        return NULL;
    }
    *heap -= need;
    only = (struct queue){.length = length, .size = size};
    return &only;
}

/* freertos/FreeRTOS-Kernel/include/freertos/queue.h: takes all of it, length * size, from the internal heap. */
QueueHandle_t xQueueCreate(unsigned length, unsigned size) {
    return create(&board_internal_heap, length, size);
}

/* freertos/esp_additions/idf_additions.c: takes all of it, the control block too, from a heap that has all of `caps`;
 * NULL where none has so much. Interrupts may not use one in PSRAM while the cache is off. */
QueueHandle_t xQueueCreateWithCaps(unsigned length, unsigned size, unsigned caps) {
    return create((caps & MALLOC_CAP_SPIRAM) != 0 ? &board_psram : &board_internal_heap, length, size);
}

/* freertos/FreeRTOS-Kernel/include/freertos/queue.h: copies; waits for room, if it is to. Must not wait in the task
 * that receives. */
int xQueueSend(QueueHandle_t queue, const void *item, TickType_t wait) {
    if (queue->count == queue->length) {
        return wait == 0 ? pdFALSE : (abort(), pdFALSE); /* there is one task only */
    }
    memcpy(queue->items[(queue->first + queue->count++) % queue->length], item, queue->size);
    return pdTRUE;
}

/* freertos/FreeRTOS-Kernel/include/freertos/queue.h: copies; wakes whoever waits for room. */
int xQueueReceive(QueueHandle_t queue, void *item, TickType_t wait) {
    if (queue->count == 0) {
        return wait == 0 ? pdFALSE : (abort(), pdFALSE);
    }
    memcpy(item, queue->items[queue->first], queue->size);
    queue->first = (queue->first + 1) % queue->length;
    queue->count--;
    return pdTRUE;
}

/* freertos/FreeRTOS-Kernel/tasks.c: others run meanwhile. */
void vTaskDelay(TickType_t ticks) {
    board_delays += ticks;
}

/* vfs/vfs_eventfd.c: takes some 50 bytes of heap for each descriptor; ESP_ERR_INVALID_STATE the second time. (A read of
 * its eventfd never waits, as Linux' does at zero; select() takes 30 bytes of heap for each one that it watches.) */
esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *config) {
    (void)config;
    return ESP_OK;
}

/* vfs/vfs.c: takes heap, for descriptors and a semaphore, and gives it back; without any it is -1 and ENOMEM at once,
 * the sets being untouched. */
int board_select(int count, fd_set *readable, fd_set *writable, fd_set *failed, struct timeval *wait) {
    if (board_selects_without_memory > 0) {
        board_selects_without_memory--;
        errno = ENOMEM;
        return -1;
    }
    return select(count, readable, writable, failed, wait);
}

/* esp_timer/src/esp_timer_impl_systimer.c: a counter's value, from any context; crashes before esp_timer is set up. */
int64_t esp_timer_get_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* log/log_freertos.c (5.3), log/src/os/log_timestamp.c (5.5): FreeRTOS' ticks, counted from before esp_timer begins. */
uint32_t esp_log_timestamp(void) {
    return board_ticks;
}

/* esp_system/panic.c: not called here. */
void esp_panic_handler(void *info) {
    (void)info;
}

/* esp_system/task_wdt/task_wdt.c: takes some 20 bytes of heap; ESP_ERR_INVALID_ARG for a task that is watched already.
 */
esp_err_t esp_task_wdt_add(void *task) {
    (void)task;
    const bool was_watched = is_watched;
    is_watched = true;
    return was_watched ? ESP_ERR_INVALID_ARG : ESP_OK;
}

/* esp_system/task_wdt/task_wdt.c: gives the heap back; ESP_ERR_NOT_FOUND for a task that is not watched. */
esp_err_t esp_task_wdt_delete(void *task) {
    (void)task;
    const bool was_watched = is_watched;
    is_watched = false;
    return was_watched ? ESP_OK : ESP_ERR_NOT_FOUND;
}

/* esp_system/task_wdt/task_wdt.c: ESP_ERR_NOT_FOUND, and a complaint past every driver, for a task that is not watched.
 */
esp_err_t esp_task_wdt_reset(void) {
    if (!is_watched) {
        return ESP_ERR_NOT_FOUND;
    }
    test_on_turn();
    return ESP_OK;
}
