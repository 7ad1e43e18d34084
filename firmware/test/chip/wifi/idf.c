/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "settings.h"

#define MOST_EVENTS 16 /* CONFIG_ESP_SYSTEM_EVENT_QUEUE_SIZE is 32 */

const esp_event_base_t WIFI_EVENT = "WIFI_EVENT", IP_EVENT = "IP_EVENT";

esp_err_t board_stop_code;
int board_stops, board_starts;
wifi_ps_type_t board_sleep = WIFI_PS_MIN_MODEM; /* the driver's default (esp_wifi.h) */
wifi_config_t board_config;

static enum { ABSENT, STOPPED, STARTED } driver;
static bool was_started, is_joined;
static uint32_t address;
static struct {
    esp_event_base_t base;
    int32_t id;
    ip_event_got_ip_t data; /* as large as what any event here carries */
} events[MOST_EVENTS];
static int posted, run;
static struct {
    esp_event_base_t base;
    esp_event_handler_t handler;
} handlers[4];
static int registered;
static char told[96];
static char stored[2][65];
static bool is_stored;

const char *esp_err_to_name(esp_err_t code) {
    return code == ESP_ERR_WIFI_NOT_INIT ? "ESP_ERR_WIFI_NOT_INIT" : "an error";
}

size_t strlcpy(char *to, const char *from, size_t size) {
    snprintf(to, size, "%s", from);
    return strlen(from);
}

/* components/esp_event/esp_event.c: copies the data to the heap and queues the event; the handlers run in the loop's
 * task, on its stack of CONFIG_ESP_SYSTEM_EVENT_TASK_STACK_SIZE. */
static void post(esp_event_base_t base, int32_t id, const void *data, size_t size) {
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
        for (int i = 0; i < registered; i++) {
            if (handlers[i].base == events[now].base) {
                handlers[i].handler(NULL, events[now].base, events[now].id, &events[now].data);
            }
        }
    }
    posted = run = 0;
}

esp_err_t esp_event_loop_create_default(void) {
    return ESP_OK;
}

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *argument) {
    (void)id, (void)argument;
    handlers[registered].base = base;
    handlers[registered++].handler = handler;
    return ESP_OK;
}

/* components/esp_netif/lwip/esp_netif_lwip.c. Creating asserts that there is memory; asking copies under a lock. */
esp_err_t esp_netif_init(void) {
    return ESP_OK;
}

esp_netif_t *esp_netif_create_default_wifi_sta(void) {
    return (esp_netif_t *)&address;
}

esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *info) {
    info->ip.addr = *(uint32_t *)netif;
    return ESP_OK;
}

char *esp_ip4addr_ntoa(const esp_ip4_addr_t *from, char *text, int length) {
    const uint8_t *byte = (const uint8_t *)&from->addr;
    snprintf(text, (size_t)length, "%u.%u.%u.%u", byte[0], byte[1], byte[2], byte[3]);
    return text;
}

/* components/esp_timer/src/esp_timer.c: ESP_ERR_INVALID_STATE for starting one that runs and stopping one that does
 * not, ESP_ERR_INVALID_ARG for none; the callback runs in the task esp_timer. No test here lets the time pass. */
static struct esp_timer {
    bool is_running;
} timer;

esp_err_t esp_timer_create(const esp_timer_create_args_t *arguments, esp_timer_handle_t *made) {
    (void)arguments;
    *made = &timer;
    return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t which, uint64_t us) {
    (void)us;
    if (which == NULL || which->is_running) {
        return which == NULL ? ESP_ERR_INVALID_ARG : ESP_ERR_INVALID_STATE;
    }
    which->is_running = true;
    return ESP_OK;
}

esp_err_t esp_timer_stop(esp_timer_handle_t which) {
    if (which == NULL || !which->is_running) {
        return which == NULL ? ESP_ERR_INVALID_ARG : ESP_ERR_INVALID_STATE;
    }
    which->is_running = false;
    return ESP_OK;
}

/* The driver (esp_wifi.h). Each call is handed to the driver's task and waits for it: 100 ms for a start. */
esp_err_t esp_wifi_init(const wifi_init_config_t *config) {
    (void)config;
    driver = STOPPED;
    return ESP_OK;
}

esp_err_t esp_wifi_set_storage(int storage) {
    (void)storage;
    return driver == ABSENT ? ESP_ERR_WIFI_NOT_INIT : ESP_OK;
}

esp_err_t esp_wifi_set_mode(int mode) {
    return esp_wifi_set_storage(mode);
}

esp_err_t esp_wifi_set_config(int interface, wifi_config_t *config) {
    board_config = *config;
    return esp_wifi_set_storage(interface);
}

esp_err_t esp_wifi_start(void) {
    if (driver == ABSENT) {
        return ESP_ERR_WIFI_NOT_INIT;
    }
    if (driver != STARTED) {
        post(WIFI_EVENT, WIFI_EVENT_STA_START, "", 1);
    }
    driver = STARTED;
    was_started = true;
    board_starts++;
    return ESP_OK;
}

esp_err_t esp_wifi_stop(void) {
    static const wifi_event_sta_disconnected_t left = {.reason = 8};
    board_stops++;
    if (driver == ABSENT) {
        return ESP_ERR_WIFI_NOT_INIT;
    }
    if (is_joined) {
        post(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &left, sizeof left);
    }
    is_joined = false;
    driver = STOPPED;
    return was_started ? ESP_OK : board_stop_code;
}

esp_err_t esp_wifi_connect(void) {
    return driver == STARTED ? ESP_OK : ESP_ERR_WIFI_NOT_STARTED;
}

/* esp_wifi.h names no refusal. ESP-IDF's own examples ask once the driver has been started. */
esp_err_t esp_wifi_set_ps(wifi_ps_type_t type) {
    if (driver != STARTED) {
        return ESP_ERR_WIFI_NOT_STARTED;
    }
    board_sleep = type;
    return ESP_OK;
}

esp_err_t esp_wifi_get_channel(uint8_t *channel, wifi_second_chan_t *second) {
    *channel = 11;
    *second = WIFI_SECOND_CHAN_NONE;
    return ESP_OK;
}

esp_err_t esp_wifi_set_channel(uint8_t channel, wifi_second_chan_t second) {
    (void)channel, (void)second;
    return driver == STARTED ? ESP_OK : ESP_ERR_WIFI_NOT_STARTED;
}

void board_let_in(uint8_t last) {
    const uint8_t bytes[] = {192, 168, 4, last};
    memcpy(&address, bytes, sizeof address);
    is_joined = true;
    const ip_event_got_ip_t got = {.ip_info.ip.addr = address};
    post(IP_EVENT, IP_EVENT_STA_GOT_IP, &got, sizeof got);
    board_run_events();
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
