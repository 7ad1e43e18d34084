/* SPDX-License-Identifier: MIT */
/* Queues, tasks and timers of FreeRTOS and ESP-IDF, as far as the chip's event task and links use them, on POSIX. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "esp_timer.h"
#include "freertos/queue.h"
#include "freertos/task.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t length, size, first, count;
    char items[];
};

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

BaseType_t xTaskCreatePinnedToCore(void (*run)(void *), const char *name, uint32_t stack, void *argument,
                                   unsigned priority, void *handle, int core) {
    (void)name, (void)stack, (void)priority, (void)handle, (void)core;
    return start_thread(run, argument);
}

void vTaskDelay(TickType_t ticks) {
    usleep(ticks * 1000);
}

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

esp_err_t esp_timer_create(const esp_timer_create_args_t *arguments, esp_timer_handle_t *timer) {
    *timer = calloc(1, sizeof **timer);
    if (*timer != NULL) {
        (*timer)->arguments = *arguments;
    }
    return *timer != NULL ? ESP_OK : ESP_ERR_NO_MEM;
}

static void expire(void *argument) {
    esp_timer_handle_t timer = argument;
    usleep(timer->us);
    timer->is_running = false;
    timer->arguments.callback(timer->arguments.arg);
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us) {
    if (timer->is_running) {
        return ESP_ERR_INVALID_STATE;
    }
    timer->us = (useconds_t)us;
    timer->is_running = true;
    return start_thread(expire, timer) ? ESP_OK : ESP_ERR_NO_MEM;
}

const char *esp_err_to_name(esp_err_t code) {
    return code == ESP_OK ? "ESP_OK" : "an error";
}

size_t strlcpy(char *to, const char *from, size_t size) {
    const size_t length = strlen(from);
    const size_t copied = length < size ? length : size - 1;
    memcpy(to, from, copied);
    to[copied] = '\0';
    return length;
}
