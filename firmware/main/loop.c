/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <stdlib.h>
#include <sys/select.h>
#include <unistd.h>

#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "esp_vfs_eventfd.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"

#define QUEUE_LENGTH 64
#define MOST_WATCHES 8
#define LONGEST_WAIT_US 1000000u /* far below the watchdog's patience */

typedef struct {
    loop_ready *ready; /* NULL: free */
    int fd;
    bool write_too;
    bool is_new; /* since the select() whose results are being looked at: they are not about it */
} watch;

static QueueHandle_t queue;
static int bell = -1; /* the eventfd: rung for each event */
static watch watches[MOST_WATCHES];

esp_err_t loop_init(void) {
    const esp_vfs_eventfd_config_t config = ESP_VFS_EVENTD_CONFIG_DEFAULT();
    esp_err_t result = esp_vfs_eventfd_register(&config);
    if (result != ESP_OK) {
        return result;
    }
    queue = xQueueCreate(QUEUE_LENGTH, sizeof(loop_event));
    bell = eventfd(0, 0);
    return queue != NULL && bell >= 0 ? ESP_OK : ESP_ERR_NO_MEM;
}

static bool post(const loop_event *event, TickType_t wait) {
    const uint64_t one = 1;
    if (xQueueSend(queue, event, wait) != pdTRUE) {
        return false;
    }
    write(bell, &one, sizeof one);
    return true;
}

bool loop_post(const loop_event *event) {
    return post(event, 0);
}

bool loop_post_wait(const loop_event *event) {
    return post(event, portMAX_DELAY);
}

void loop_unwatch(int fd) {
    for (watch *each = watches; each < &watches[MOST_WATCHES]; each++) {
        if (each->fd == fd) {
            each->ready = NULL;
        }
    }
}

esp_err_t loop_watch(int fd, bool write_too, loop_ready *ready) {
    loop_unwatch(fd);
    for (watch *each = watches; each < &watches[MOST_WATCHES]; each++) {
        if (each->ready == NULL) {
            *each = (watch){.ready = ready, .fd = fd, .write_too = write_too, .is_new = true};
            return ESP_OK;
        }
    }
    return ESP_ERR_NO_MEM;
}

/* Fills the sets and returns the highest descriptor. */
static int collect(fd_set *readable, fd_set *writable) {
    int highest = bell;
    FD_ZERO(readable);
    FD_ZERO(writable);
    FD_SET(bell, readable);
    for (watch *each = watches; each < &watches[MOST_WATCHES]; each++) {
        if (each->ready != NULL) {
            FD_SET(each->fd, readable);
            if (each->write_too) {
                FD_SET(each->fd, writable);
            }
            each->is_new = false;
            highest = each->fd > highest ? each->fd : highest;
        }
    }
    return highest;
}

static struct timeval until(uint64_t deadline_us) {
    const uint64_t now = (uint64_t)esp_timer_get_time();
    uint64_t wait = deadline_us > now ? deadline_us - now : 0;
    if (wait > LONGEST_WAIT_US) {
        wait = LONGEST_WAIT_US;
    }
    return (struct timeval){.tv_sec = (time_t)(wait / 1000000u), .tv_usec = (suseconds_t)(wait % 1000000u)};
}

/* What is posted meanwhile rings again. */
static uint64_t deliver(sn_node *node, uint64_t deadline) {
    uint64_t count = 0;
    if (read(bell, &count, sizeof count) != sizeof count) {
        return deadline;
    }
    loop_event event;
    while (count-- > 0 && xQueueReceive(queue, &event, 0) == pdTRUE) {
        deadline = event.deliver(node, &event);
        free(event.data);
    }
    return deadline;
}

void loop_run(sn_node *node, uint64_t deadline) {
    ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
    for (;;) {
        fd_set readable;
        fd_set writable;
        const int highest = collect(&readable, &writable);
        struct timeval wait = until(deadline);
        const int count = select(highest + 1, &readable, &writable, NULL, &wait);
        ESP_ERROR_CHECK(esp_task_wdt_reset());
        if (count < 0) {
            vTaskDelay(1); /* no memory for select(): somebody else must run to free some; what was ready stays so */
        }
        if (count > 0 && FD_ISSET(bell, &readable)) {
            deadline = deliver(node, deadline);
        }
        for (watch *each = watches; count > 0 && each < &watches[MOST_WATCHES]; each++) {
            const bool in = each->ready != NULL && !each->is_new && FD_ISSET(each->fd, &readable);
            const bool out = each->ready != NULL && !each->is_new && FD_ISSET(each->fd, &writable);
            if (in || out) {
                deadline = each->ready(node, each->fd, in, out);
            }
        }
        if ((uint64_t)esp_timer_get_time() >= deadline) {
            deadline = sn_node_on_timer(node);
        }
    }
}
