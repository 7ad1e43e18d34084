/* SPDX-License-Identifier: MIT */
#include "idf.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"

/* One lock and one condition for all: whatever waits looks again after each change. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

struct task {
    TaskFunction_t run;
    void *argument;
    unsigned given;
};
static __thread TaskHandle_t current;

static void *run_task(void *argument) {
    current = argument;
    current->run(current->argument);
    return NULL;
}

int xTaskCreatePinnedToCore(TaskFunction_t run, const char *name, uint32_t stack, void *argument, unsigned priority,
                            TaskHandle_t *task, int core) {
    (void)name, (void)stack, (void)priority, (void)task, (void)core;
    static struct task tasks[8];
    static unsigned count;
    pthread_t thread;
    tasks[count] = (struct task){.run = run, .argument = argument};
    return pthread_create(&thread, NULL, run_task, &tasks[count++]) == 0;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void) {
    return current;
}

static void end_change(void) {
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void xTaskNotifyGive(TaskHandle_t task) {
    pthread_mutex_lock(&lock);
    task->given++;
    end_change();
}

uint32_t ulTaskNotifyTake(int clear, TickType_t wait) {
    (void)clear, (void)wait;
    pthread_mutex_lock(&lock);
    while (current->given == 0) {
        pthread_cond_wait(&changed, &lock);
    }
    current->given = 0;
    end_change();
    return 1;
}

void vTaskDelay(TickType_t ticks) {
    usleep(ticks * 1000);
}

SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void) {
    static pthread_mutex_t mutex;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &attributes);
    return &mutex;
}

int xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, TickType_t wait) {
    (void)wait;
    return pthread_mutex_lock(mutex) == 0;
}

int xSemaphoreGiveRecursive(SemaphoreHandle_t mutex) {
    return pthread_mutex_unlock(mutex) == 0;
}

static struct stream {
    size_t size, count;
    uint8_t bytes[1 << 16];
} only;

StreamBufferHandle_t xStreamBufferCreate(size_t size, size_t trigger) {
    (void)trigger;
    only.size = size;
    return &only;
}

size_t xStreamBufferSpacesAvailable(StreamBufferHandle_t stream) {
    pthread_mutex_lock(&lock);
    const size_t left = stream->size - stream->count;
    pthread_mutex_unlock(&lock);
    return left;
}

size_t xStreamBufferSend(StreamBufferHandle_t stream, const void *data, size_t length, TickType_t wait) {
    (void)wait;
    pthread_mutex_lock(&lock);
    while (stream->size - stream->count < length) {
        pthread_cond_wait(&changed, &lock);
    }
    memcpy(&stream->bytes[stream->count], data, length);
    stream->count += length;
    end_change();
    return length;
}

size_t xStreamBufferReceive(StreamBufferHandle_t stream, void *to, size_t length, TickType_t wait) {
    (void)wait;
    pthread_mutex_lock(&lock);
    while (stream->count == 0) {
        pthread_cond_wait(&changed, &lock);
    }
    length = length < stream->count ? length : stream->count;
    memcpy(to, stream->bytes, length);
    stream->count -= length;
    memmove(stream->bytes, &stream->bytes[length], stream->count);
    end_change();
    return length;
}

/* The ports */

board_port board_uart, board_usb;
static bool is_stuck;
static size_t usb_room = SIZE_MAX;
_Atomic int board_usb_waits;
uint32_t board_rate = 115200;
size_t board_sent_before_rate;

void board_plug_in(void) {
    if (pipe(board_uart.input) != 0 || pipe(board_usb.input) != 0) {
        abort();
    }
}

void board_set_uart_stuck(bool is_so) {
    pthread_mutex_lock(&lock);
    is_stuck = is_so;
    end_change();
}

void board_set_usb_room(size_t room) {
    pthread_mutex_lock(&lock);
    usb_room = room;
    end_change();
}

static int take(const board_port *port, void *to, uint32_t length, TickType_t wait) {
    struct pollfd input = {.fd = port->input[0], .events = POLLIN};
    return poll(&input, 1, wait == 0 ? 0 : -1) == 1 ? (int)read(input.fd, to, length) : 0;
}

static void put(board_port *port, const void *data, size_t length) {
    memcpy(&port->output[port->sent], data, length);
    port->sent += length;
}

int uart_read_bytes(int port, void *to, uint32_t length, TickType_t wait) {
    (void)port;
    return take(&board_uart, to, length, wait);
}

int uart_write_bytes(int port, const void *data, size_t length) {
    (void)port;
    pthread_mutex_lock(&lock);
    while (is_stuck) {
        pthread_cond_wait(&changed, &lock);
    }
    put(&board_uart, data, length);
    end_change();
    return (int)length;
}

esp_err_t uart_set_baudrate(int port, uint32_t rate) {
    (void)port;
    board_rate = rate;
    board_sent_before_rate = board_uart.sent;
    return ESP_OK;
}

int usb_serial_jtag_read_bytes(void *to, uint32_t length, TickType_t wait) {
    return take(&board_usb, to, length, wait);
}

int usb_serial_jtag_write_bytes(const void *data, size_t length, TickType_t wait) {
    pthread_mutex_lock(&lock);
    const bool has_room = usb_room >= length;
    if (has_room) {
        usb_room -= length;
        put(&board_usb, data, length);
    } else if (wait != 0) {
        board_usb_waits++;
    }
    end_change();
    return has_room ? (int)length : 0;
}

static int (*log_print)(const char *format, va_list arguments);

void esp_log_set_vprintf(int (*print)(const char *format, va_list arguments)) {
    log_print = print;
}

void board_log(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    log_print(format, arguments);
    va_end(arguments);
}
