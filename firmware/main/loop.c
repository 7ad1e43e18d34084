/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <stdlib.h>
#include <sys/select.h>
#include <unistd.h>

#include "clock.h"
#include "esp_heap_caps.h"
#include "esp_task_wdt.h"
#include "esp_vfs_eventfd.h"
#include "freertos/FreeRTOS.h"
#include "freertos/idf_additions.h"
#include "freertos/queue.h"

#define QUEUE_LENGTH 64
#define LONGEST_WAIT_US 1000000u /* far below the watchdog's patience */

static QueueHandle_t queue;
static int bell; /* the eventfd: rung for each event */
static loop_ready *watchers[FD_SETSIZE];
static fd_set reading, writing;   /* what is watched */
static fd_set readable, writable; /* what select() found, as far as it has not been dealt with */
static int highest;

/* What is posted meanwhile rings again. */
static uint64_t deliver(sn_node *node, int fd, bool in, bool out) {
    (void)in, (void)out;
    uint64_t count = 0;
    uint64_t deadline = 0;
    loop_event event;
    if (read(fd, &count, sizeof count) != sizeof count) {
        return sn_node_on_timer(node);
    }
    while (count-- > 0 && xQueueReceive(queue, &event, 0) == pdTRUE) {
        deadline = event.deliver(node, &event);
        free(event.data);
    }
    return deadline;
}

esp_err_t hil_loop_init(void) {
    hil_clock_init();
    const esp_vfs_eventfd_config_t config = ESP_VFS_EVENTD_CONFIG_DEFAULT();
    const esp_err_t result = esp_vfs_eventfd_register(&config);
    if (result != ESP_OK) {
        return result;
    }
    queue = xQueueCreateWithCaps(QUEUE_LENGTH, sizeof(loop_event), MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT);
    queue = queue != NULL ? queue : xQueueCreate(QUEUE_LENGTH, sizeof(loop_event)); /* a module without PSRAM */
    bell = eventfd(0, 0);
    return queue != NULL && hil_loop_watch(bell, false, deliver) == ESP_OK ? ESP_OK : ESP_ERR_NO_MEM;
}

static bool post(const loop_event *event, TickType_t wait) {
    const uint64_t one = 1;
    if (xQueueSend(queue, event, wait) != pdTRUE) {
        return false;
    }
    write(bell, &one, sizeof one); /* to an eventfd that is open: it does not fail */
    return true;
}

bool hil_loop_post(const loop_event *event) {
    return post(event, 0);
}

void hil_loop_post_wait(const loop_event *event) {
    (void)post(event, portMAX_DELAY);
}

void hil_loop_unwatch(int fd) {
    FD_CLR(fd, &reading);
    FD_CLR(fd, &writing);
    FD_CLR(fd, &readable); /* what was found was not about whoever watches it next */
    FD_CLR(fd, &writable);
}

esp_err_t hil_loop_watch(int fd, bool write_too, loop_ready *ready) {
    if (fd < 0 || fd >= FD_SETSIZE) {
        return ESP_ERR_INVALID_ARG;
    }
    hil_loop_unwatch(fd);
    watchers[fd] = ready;
    FD_SET(fd, &reading);
    if (write_too) {
        FD_SET(fd, &writing);
    }
    highest = fd > highest ? fd : highest;
    return ESP_OK;
}

static struct timeval until(uint64_t deadline_us) {
    const uint64_t now = hil_clock_us();
    uint64_t wait = deadline_us > now ? deadline_us - now : 0;
    if (wait > LONGEST_WAIT_US) {
        wait = LONGEST_WAIT_US;
    }
    return (struct timeval){.tv_sec = (time_t)(wait / 1000000u), .tv_usec = (suseconds_t)(wait % 1000000u)};
}

void hil_loop_run(sn_node *node, uint64_t deadline) {
    ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
    for (;;) {
        readable = reading;
        writable = writing;
        struct timeval wait = until(deadline);
        const int count = select(highest + 1, &readable, &writable, NULL, &wait);
        ESP_ERROR_CHECK(esp_task_wdt_reset());
        if (count < 0) {
            vTaskDelay(1); /* no memory for select(): somebody else must run to free some; what was ready stays so */
        }
        for (int fd = 0; count > 0 && fd <= highest; fd++) {
            const bool in = FD_ISSET(fd, &readable);
            const bool out = FD_ISSET(fd, &writable);
            if (in || out) {
                deadline = watchers[fd](node, fd, in, out);
            }
        }
        if (hil_clock_us() >= deadline) {
            deadline = sn_node_on_timer(node);
        }
    }
}
