/* SPDX-License-Identifier: MIT */
/*
 * The Wi-Fi driver. It is a library: what its functions return is from its header, what they take from docs/memory.md.
 * Each call is handed to the driver's task and waits for it.
 */
#include <stdlib.h>
#include <string.h>

#include "board.h"

esp_err_t board_stop_code, board_start_code;
int board_stops, board_starts;
wifi_ps_type_t board_sleep = WIFI_PS_MIN_MODEM; /* the driver's default (esp_wifi.h) */
wifi_config_t board_config;

static enum { ABSENT, STOPPED, STARTED } driver;
static bool was_started, is_connecting, is_joined;

/* esp_wifi/include/esp_wifi.h: takes a task and buffers from the internal heap, for as long as the chip is on;
 * ESP_ERR_NO_MEM where there is not so much. */
esp_err_t esp_wifi_init(const wifi_init_config_t *config) {
    (void)config;
    driver = STOPPED;
    return ESP_OK;
}

/* esp_wifi/include/esp_wifi.h: takes nothing; ESP_ERR_WIFI_NOT_INIT. */
esp_err_t esp_wifi_set_storage(int storage) {
    (void)storage;
    return driver == ABSENT ? ESP_ERR_WIFI_NOT_INIT : ESP_OK;
}

/* esp_wifi/include/esp_wifi.h: takes nothing; ESP_ERR_WIFI_NOT_INIT. */
esp_err_t esp_wifi_set_mode(int mode) {
    return esp_wifi_set_storage(mode);
}

/* esp_wifi/include/esp_wifi.h: copies; ESP_ERR_WIFI_NOT_INIT, and ESP_ERR_WIFI_STATE while it connects. (It says of no
 * password which one is invalid.) */
esp_err_t esp_wifi_set_config(int interface, wifi_config_t *config) {
    (void)interface;
    if (driver == ABSENT || is_connecting) {
        return driver == ABSENT ? ESP_ERR_WIFI_NOT_INIT : ESP_ERR_WIFI_STATE;
    }
    board_config = *config;
    return ESP_OK;
}

/* esp_wifi/include/esp_wifi.h: takes the station's control block from the internal heap, else ESP_ERR_NO_MEM; some 100
 * ms; ESP_ERR_WIFI_NOT_INIT. That it has started comes as an event. */
esp_err_t esp_wifi_start(void) {
    if (driver == ABSENT || board_start_code != ESP_OK) {
        return driver == ABSENT ? ESP_ERR_WIFI_NOT_INIT : board_start_code;
    }
    if (driver != STARTED) {
        board_post(WIFI_EVENT, WIFI_EVENT_STA_START, "", 1);
    }
    driver = STARTED;
    was_started = true;
    board_starts++;
    return ESP_OK;
}

/* esp_wifi/include/esp_wifi.h: gives the control block back and ends a scan, a connecting and a connection; some 100
 * ms; ESP_ERR_WIFI_NOT_INIT. What it says before the first start, a test chooses. */
esp_err_t esp_wifi_stop(void) {
    static const wifi_event_sta_disconnected_t left = {.reason = 8};
    board_stops++;
    if (driver == ABSENT) {
        return ESP_ERR_WIFI_NOT_INIT;
    }
    if (is_joined) {
        board_post(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &left, sizeof left);
    }
    is_joined = is_connecting = false;
    driver = STOPPED;
    return was_started ? ESP_OK : board_stop_code;
}

/* esp_wifi/include/esp_wifi.h: does not wait for the access point, whose answer comes as an event; tries once;
 * ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_NOT_STARTED. */
esp_err_t esp_wifi_connect(void) {
    is_connecting = driver == STARTED;
    return driver == STARTED ? ESP_OK : driver == ABSENT ? ESP_ERR_WIFI_NOT_INIT : ESP_ERR_WIFI_NOT_STARTED;
}

/* esp_wifi/include/esp_wifi.h: names no refusal. (ESP-IDF's own examples ask once the driver has been started.) */
esp_err_t esp_wifi_set_ps(wifi_ps_type_t type) {
    if (driver != STARTED) {
        return ESP_ERR_WIFI_NOT_STARTED;
    }
    board_sleep = type;
    return ESP_OK;
}

/* esp_wifi/include/esp_wifi.h: takes nothing; ESP_ERR_WIFI_NOT_INIT, ESP_ERR_INVALID_ARG. */
esp_err_t esp_wifi_get_channel(uint8_t *channel, wifi_second_chan_t *second) {
    if (driver == ABSENT || channel == NULL || second == NULL) {
        return driver == ABSENT ? ESP_ERR_WIFI_NOT_INIT : ESP_ERR_INVALID_ARG;
    }
    *channel = 11;
    *second = WIFI_SECOND_CHAN_NONE;
    return ESP_OK;
}

/* esp_wifi/include/esp_wifi.h: ESP_ERR_WIFI_NOT_INIT, ESP_ERR_WIFI_NOT_STARTED. Not to be called while it scans or
 * connects; what comes of that it does not say, and so here it ends the test. */
esp_err_t esp_wifi_set_channel(uint8_t channel, wifi_second_chan_t second) {
    (void)channel, (void)second;
    if (is_connecting) {
        abort();
    }
    return driver == STARTED ? ESP_OK : driver == ABSENT ? ESP_ERR_WIFI_NOT_INIT : ESP_ERR_WIFI_NOT_STARTED;
}

void board_let_in(uint8_t last) {
    const uint8_t bytes[] = {192, 168, 4, last};
    uint32_t address;
    memcpy(&address, bytes, sizeof address);
    board_set_address(address);
    is_joined = true;
    is_connecting = false;
    const ip_event_got_ip_t got = {.ip_info.ip.addr = address};
    board_post(IP_EVENT, IP_EVENT_STA_GOT_IP, &got, sizeof got);
    board_run_events();
}
