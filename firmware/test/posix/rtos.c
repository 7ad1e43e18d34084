/* SPDX-License-Identifier: MIT */
/* Queues, tasks and timers of FreeRTOS and ESP-IDF, as far as the chip's event task and links use them, on POSIX. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "esp_heap_caps.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "esp_vfs_eventfd.h"
#include "freertos/idf_additions.h"
#include "freertos/queue.h"
#include "freertos/task.h"

static __thread bool is_watched;

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t length, size, first, count;
    char items[];
};

/* freertos/FreeRTOS-Kernel/include/freertos/queue.h: takes all of it, length * size, from the internal heap. */
QueueHandle_t xQueueCreate(unsigned length, size_t size) {
    QueueHandle_t queue = calloc(1, sizeof *queue + length * size);
    if (queue != NULL) {
        queue->length = length;
        queue->size = size;
        pthread_mutex_init(&queue->lock, NULL);
        pthread_cond_init(&queue->changed, NULL);
    }
    return queue;
}

/* freertos/esp_additions/idf_additions.c: takes all of it from a heap that has all of `caps`; NULL where none has so
 * much, as here, where there is no PSRAM. */
QueueHandle_t xQueueCreateWithCaps(unsigned length, size_t size, unsigned caps) {
    return (caps & MALLOC_CAP_SPIRAM) != 0 ? NULL : xQueueCreate(length, size);
}

/* heap/heap_caps.c: takes it from the first heap of `count` kinds that has so much, else NULL; free() gives it back.
 * Here there is but one. */
void *heap_caps_malloc_prefer(size_t size, size_t count, ...) {
    (void)count;
    return malloc(size);
}

/* freertos/FreeRTOS-Kernel/include/freertos/queue.h: copies; waits for room, if it is to. Must not wait in the task
 * that receives. */
BaseType_t xQueueSend(QueueHandle_t queue, const void *item, TickType_t wait) {
    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->length && wait != 0) {
        pthread_cond_wait(&queue->changed, &queue->lock);
    }
    const bool has_room = queue->count < queue->length;
    if (has_room) {
        memcpy(&queue->items[(queue->first + queue->count++) % queue->length * queue->size], item, queue->size);
    }
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    return has_room;
}

/* freertos/FreeRTOS-Kernel/include/freertos/queue.h: copies; wakes whoever waits for room. */
BaseType_t xQueueReceive(QueueHandle_t queue, void *item, TickType_t wait) {
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && wait != 0) {
        pthread_cond_wait(&queue->changed, &queue->lock);
    }
    const bool is_there = queue->count != 0;
    if (is_there) {
        memcpy(item, &queue->items[queue->first * queue->size], queue->size);
        queue->first = (queue->first + 1) % queue->length;
        queue->count--;
    }
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    return is_there;
}

typedef struct {
    void (*run)(void *);
    void *argument;
} work;

static void *run_work(void *argument) {
    const work task = *(work *)argument;
    free(argument);
    task.run(task.argument);
    return NULL;
}

static bool start_thread(void (*run)(void *), void *argument) {
    work *task = malloc(sizeof *task);
    pthread_t thread;
    if (task == NULL) {
        return false;
    }
    *task = (work){run, argument};
    return pthread_create(&thread, NULL, run_work, task) == 0 && pthread_detach(thread) == 0;
}

/* freertos/esp_additions/freertos_tasks_c_additions.h: takes the stack, whose size is in bytes, and a control block
 * from the internal heap. Here it is a thread, without priority, core or limit of its stack. */
BaseType_t xTaskCreatePinnedToCore(void (*run)(void *), const char *name, uint32_t stack, void *argument,
                                   unsigned priority, void *handle, int core) {
    (void)name, (void)stack, (void)priority, (void)handle, (void)core;
    return start_thread(run, argument);
}

/* freertos/FreeRTOS-Kernel/tasks.c: others run meanwhile. */
void vTaskDelay(TickType_t ticks) {
    usleep(ticks * 1000);
}

/* esp_timer/src/esp_timer_impl_systimer.c: a counter's value, from any context; crashes before esp_timer is set up. */
int64_t esp_timer_get_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

struct esp_timer {
    esp_timer_create_args_t arguments;
    useconds_t us;
    _Atomic bool is_running;
};

/* esp_timer/src/esp_timer.c: takes some 50 bytes of internal heap. */
esp_err_t esp_timer_create(const esp_timer_create_args_t *arguments, esp_timer_handle_t *timer) {
    *timer = calloc(1, sizeof **timer);
    if (*timer != NULL) {
        (*timer)->arguments = *arguments;
    }
    return *timer != NULL ? ESP_OK : ESP_ERR_NO_MEM;
}

static void expire(void *argument) {
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER; /* one task calls them all, one after the other */
    esp_timer_handle_t timer = argument;
    usleep(timer->us);
    pthread_mutex_lock(&turn);
    timer->is_running = false;
    timer->arguments.callback(timer->arguments.arg);
    pthread_mutex_unlock(&turn);
}

/* esp_timer/src/esp_timer.c: takes nothing; ESP_ERR_INVALID_STATE while it runs. The callback runs in the one task of
 * all timers, which it must not hold up. */
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us) {
    if (timer->is_running) {
        return ESP_ERR_INVALID_STATE;
    }
    timer->us = (useconds_t)us;
    timer->is_running = true;
    return start_thread(expire, timer) ? ESP_OK : ESP_ERR_NO_MEM;
}

/* esp_common/src/esp_err_to_name.c: a constant; takes nothing. */
const char *esp_err_to_name(esp_err_t code) {
    return code == ESP_OK ? "ESP_OK" : "an error";
}

/* log/log_freertos.c (5.3), log/src/os/log_timestamp.c (5.5): FreeRTOS' ticks, counted from before esp_timer begins. */
uint32_t esp_log_timestamp(void) {
    return 250;
}

/* esp_system/task_wdt/task_wdt.c: takes some 20 bytes of heap; ESP_ERR_INVALID_ARG for a task that is watched already.
 */
esp_err_t esp_task_wdt_add(void *task) {
    (void)task;
    const bool was_watched = is_watched;
    is_watched = true;
    return was_watched ? ESP_ERR_INVALID_ARG : ESP_OK;
}

/* esp_system/task_wdt/task_wdt.c: ESP_ERR_NOT_FOUND, and a complaint past every driver, for a task that is not watched.
 */
esp_err_t esp_task_wdt_reset(void) {
    return is_watched ? ESP_OK : ESP_ERR_NOT_FOUND;
}

/* vfs/vfs_eventfd.c: takes some 50 bytes of heap for each descriptor; ESP_ERR_INVALID_STATE the second time. The
 * eventfd itself is Linux's, whose read waits at zero, which ESP-IDF's never does. */
esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *config) {
    static bool is_registered;
    const bool was_registered = is_registered;
    is_registered = *config != 0;
    return was_registered ? ESP_ERR_INVALID_STATE : ESP_OK;
}

/* newlib/libc/string/strlcpy.c, of the toolchain: takes nothing. */
size_t strlcpy(char *to, const char *from, size_t size) {
    const size_t length = strlen(from);
    const size_t copied = length < size ? length : size - 1;
    memcpy(to, from, copied);
    to[copied] = '\0';
    return length;
}
