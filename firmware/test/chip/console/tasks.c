/* SPDX-License-Identifier: MIT */
/* FreeRTOS, the heap that it takes, and the task watchdog. Priorities and cores are those of this machine's threads. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "ports.h"

#define TCB 400u /* with what newlib keeps for a task */
#define SEMAPHORE 100u

/* One lock and one condition for all: whatever waits looks again after each change. */
pthread_mutex_t board_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t board_changed = PTHREAD_COND_INITIALIZER;
size_t board_heap = 108 * 1024;

struct task {
    TaskFunction_t run;
    void *argument;
    unsigned given;
};
static __thread TaskHandle_t current;
static __thread bool is_watched;

bool board_allocate(size_t size) {
    const bool has_room = size <= board_heap;
    board_heap -= has_room ? size : 0;
    return has_room;
}

void board_end_change(void) {
    pthread_cond_broadcast(&board_changed);
    pthread_mutex_unlock(&board_lock);
}

static void *run_task(void *argument) {
    current = argument;
    current->run(current->argument);
    return NULL;
}

/* freertos/esp_additions/freertos_tasks_c_additions.h: takes the stack, whose size is in bytes, and a control block
 * from the internal heap; sets the handle before the task runs; asserts that there is such a core. */
int xTaskCreatePinnedToCore(TaskFunction_t run, const char *name, uint32_t stack, void *argument, unsigned priority,
                            TaskHandle_t *task, int core) {
    (void)name, (void)priority;
    static struct task tasks[8];
    static unsigned count;
    pthread_t thread;
    if (core != 0 && core != 1) {
        abort();
    }
    if (!board_allocate(stack + TCB)) {
        return !pdPASS;
    }
    tasks[count] = (struct task){.run = run, .argument = argument};
    *task = &tasks[count++];
    return pthread_create(&thread, NULL, run_task, *task) == 0;
}

/* freertos/FreeRTOS-Kernel/include/freertos/task.h: takes nothing; a handle of NULL is a crash. */
void xTaskNotifyGive(TaskHandle_t task) {
    pthread_mutex_lock(&board_lock);
    task->given++;
    board_end_change();
}

/* freertos/FreeRTOS-Kernel/include/freertos/task.h: waits for the one notification that each task has, which drivers
 * use too; here without end only. */
uint32_t ulTaskNotifyTake(int clear, TickType_t wait) {
    pthread_mutex_lock(&board_lock);
    while (current->given == 0 && wait != 0) {
        pthread_cond_wait(&board_changed, &board_lock);
    }
    const uint32_t given = current->given;
    current->given = clear || given == 0 ? 0 : given - 1;
    board_end_change();
    return given;
}

/* freertos/FreeRTOS-Kernel/tasks.c: others run meanwhile. */
void vTaskDelay(TickType_t ticks) {
    usleep(ticks * 1000);
}

struct semaphore {
    pthread_mutex_t mutex;
    bool is_given;
};

/* freertos/FreeRTOS-Kernel/include/freertos/semphr.h: takes some 100 bytes of heap. */
SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void) {
    static struct semaphore only;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&only.mutex, &attributes);
    return board_allocate(SEMAPHORE) ? &only : NULL;
}

/* freertos/FreeRTOS-Kernel/include/freertos/semphr.h: waits, here without end only; the holder inherits the priority of
 * who waits. */
int xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, TickType_t wait) {
    (void)wait;
    return pthread_mutex_lock(&mutex->mutex) == 0;
}

/* freertos/FreeRTOS-Kernel/include/freertos/semphr.h: refused to any task but the holder. */
int xSemaphoreGiveRecursive(SemaphoreHandle_t mutex) {
    return pthread_mutex_unlock(&mutex->mutex) == 0;
}

/* freertos/FreeRTOS-Kernel/include/freertos/semphr.h: takes some 100 bytes of heap; is not given at first. */
SemaphoreHandle_t xSemaphoreCreateBinary(void) {
    static struct semaphore only;
    return board_allocate(SEMAPHORE) ? &only : NULL;
}

/* freertos/FreeRTOS-Kernel/include/freertos/semphr.h: waits, here without end only. */
int xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t wait) {
    (void)wait;
    pthread_mutex_lock(&board_lock);
    while (!semaphore->is_given) {
        pthread_cond_wait(&board_changed, &board_lock);
    }
    semaphore->is_given = false;
    board_end_change();
    return pdTRUE;
}

/* freertos/FreeRTOS-Kernel/include/freertos/semphr.h: false where it was given already; never waits. */
int xSemaphoreGive(SemaphoreHandle_t semaphore) {
    pthread_mutex_lock(&board_lock);
    const bool was_given = semaphore->is_given;
    semaphore->is_given = true;
    board_end_change();
    return !was_given;
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
