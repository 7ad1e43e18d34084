/* SPDX-License-Identifier: MIT */
/* Events, the network interface and timers; links.c and settings.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "settings.h"

#define MOST_EVENTS 16 /* CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE is 32 */

const esp_event_base_t WIFI_EVENT = "WIFI_EVENT", IP_EVENT = "IP_EVENT";

static bool has_loop;
static uint32_t address;
static struct {
    esp_event_base_t base;
    int32_t id;
    ip_event_got_ip_t data; /* as large as what any event here carries */
} events[MOST_EVENTS];
static int posted, run;
static struct {
    esp_event_base_t base;
    int32_t id;
    esp_event_handler_t handler;
} handlers[4];
static int registered;
static char told[96];
static char stored[2][65];
static bool is_stored;

/* As esp_event_post (esp_event/esp_event.c) does: copies the data to the heap and queues the event; the handlers run in
 * the loop's task, on its stack of CONFIG_ESP_SYSTEM_EVENT_TASK_STACK_SIZE. */
void board_post(esp_event_base_t base, int32_t id, const void *data, size_t size) {
    if (posted == MOST_EVENTS || size > sizeof events[0].data) {
        abort();
    }
    events[posted].base = base;
    events[posted].id = id;
    memcpy(&events[posted++].data, data, size);
}

void board_run_events(void) {
    while (run < posted) {
        const int now = run++;
        if (events[now].base == WIFI_EVENT && events[now].id == WIFI_EVENT_STA_DISCONNECTED) {
            address = 0; /* by esp_netif's own handler, registered before any other */
        }
        for (int i = 0; i < registered; i++) {
            if (handlers[i].base == events[now].base &&
                (handlers[i].id == ESP_EVENT_ANY_ID || handlers[i].id == events[now].id)) {
                handlers[i].handler(NULL, events[now].base, events[now].id, &events[now].data);
            }
        }
    }
    posted = run = 0;
}

/* esp_event/default_event_loop.c: takes the stack of its task (CONFIG_ESP_SYSTEM_EVENT_TASK_STACK_SIZE), a control
 * block and a queue from the internal heap; ESP_ERR_NO_MEM, or ESP_FAIL for the task, where there is not so much,
 * ESP_ERR_INVALID_STATE the second time. */
esp_err_t esp_event_loop_create_default(void) {
    const bool had_loop = has_loop;
    has_loop = true;
    return had_loop ? ESP_ERR_INVALID_STATE : ESP_OK;
}

/* esp_event/default_event_loop.c, esp_event/esp_event.c: takes some 50 bytes of heap, else ESP_ERR_NO_MEM; waits for a
 * handler that runs; ESP_ERR_INVALID_STATE without a loop. */
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *argument) {
    (void)argument;
    if (!has_loop || registered == sizeof handlers / sizeof handlers[0]) {
        return has_loop ? ESP_ERR_NO_MEM : ESP_ERR_INVALID_STATE;
    }
    handlers[registered].base = base;
    handlers[registered].id = id;
    handlers[registered++].handler = handler;
    return ESP_OK;
}

/* esp_netif/lwip/esp_netif_lwip.c: makes lwIP's task, its stack and mailbox from the internal heap, and waits for it;
 * does nothing the second time. ESP_FAIL without a semaphore; without the task, lwIP asserts. */
esp_err_t esp_netif_init(void) {
    return ESP_OK;
}

/* esp_wifi/src/wifi_default.c: takes some 500 bytes of heap and asserts that they are there; registers esp_netif's own
 * handlers with the default loop, which must have been made. */
esp_netif_t *esp_netif_create_default_wifi_sta(void) {
    if (!has_loop) {
        abort();
    }
    return (esp_netif_t *)&address;
}

/* esp_netif/lwip/esp_netif_lwip.c: copies, and takes nothing; 0.0.0.0 where there is no address (any more), and
 * ESP_ERR_INVALID_ARG for NULL only. */
esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *info) {
    if (netif == NULL || info == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    info->ip.addr = *(uint32_t *)netif;
    return ESP_OK;
}

/* esp_netif/lwip/esp_netif_lwip.c: writes to the buffer, which 16 bytes are enough for; NULL if it is too short. */
char *esp_ip4addr_ntoa(const esp_ip4_addr_t *from, char *text, int length) {
    const uint8_t *byte = (const uint8_t *)&from->addr;
    const int size = snprintf(text, (size_t)length, "%u.%u.%u.%u", byte[0], byte[1], byte[2], byte[3]);
    return size < length ? text : NULL;
}

static struct esp_timer {
    bool is_running;
} timer;

/* esp_timer/src/esp_timer.c: takes some 50 bytes of internal heap, else ESP_ERR_NO_MEM; ESP_ERR_INVALID_ARG without a
 * callback. */
esp_err_t esp_timer_create(const esp_timer_create_args_t *arguments, esp_timer_handle_t *made) {
    if (arguments == NULL || arguments->callback == NULL || made == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *made = &timer;
    return ESP_OK;
}

/* esp_timer/src/esp_timer.c: takes nothing; ESP_ERR_INVALID_STATE while it runs, ESP_ERR_INVALID_ARG for none. The
 * callback runs in the one task of all timers. No test here lets the time pass. */
esp_err_t esp_timer_start_once(esp_timer_handle_t which, uint64_t us) {
    (void)us;
    if (which == NULL || which->is_running) {
        return which == NULL ? ESP_ERR_INVALID_ARG : ESP_ERR_INVALID_STATE;
    }
    which->is_running = true;
    return ESP_OK;
}

/* esp_timer/src/esp_timer.c: takes nothing; ESP_ERR_INVALID_STATE where it does not run, ESP_ERR_INVALID_ARG for none.
 * A callback that has begun goes on. */
esp_err_t esp_timer_stop(esp_timer_handle_t which) {
    if (which == NULL || !which->is_running) {
        return which == NULL ? ESP_ERR_INVALID_ARG : ESP_ERR_INVALID_STATE;
    }
    which->is_running = false;
    return ESP_OK;
}

void board_set_address(uint32_t to) {
    address = to;
}

/* links.c. */
void hil_link_tell(sn_via via, sn_error code, const char *text, const char *detail) {
    const char *behind = detail != NULL ? detail : "";
    if (via != SN_VIA_NONE) {
        abort();
    }
    if (code == SN_OK) {
        snprintf(told, sizeof told, "up %s", behind);
    } else {
        snprintf(told, sizeof told, "down %d: %s: %s", (int)code, text, behind);
    }
}

bool hil_link_check(esp_err_t code, const char *what) {
    if (code != ESP_OK) {
        printf("%s\n", what);
    }
    return code == ESP_OK;
}

const char *board_told(void) {
    static char last[sizeof told];
    memcpy(last, told, sizeof last);
    told[0] = '\0';
    return last;
}

/* settings.c, which keeps them in NVS. */
esp_err_t hil_settings_load_wifi(char ssid[33], char password[65]) {
    snprintf(ssid, 33, "%.32s", stored[0]);
    snprintf(password, 65, "%.64s", stored[1]);
    return is_stored ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

esp_err_t hil_settings_save_wifi(const char *ssid, const char *password) {
    snprintf(stored[0], sizeof stored[0], "%s", ssid);
    snprintf(stored[1], sizeof stored[1], "%s", password);
    is_stored = true;
    return ESP_OK;
}

void board_boot(void) {
    if (!hil_wifi_init()) {
        abort();
    }
}
