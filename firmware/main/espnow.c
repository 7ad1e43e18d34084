/* SPDX-License-Identifier: MIT */
/* ESP-NOW: frames of 250 bytes to a peer, or to whoever has sent one. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "esp_idf_version.h"
#include "esp_now.h"
#include "splitnode/mac.h"

#include "links.h"

#define FRAME 250u
#define MOST_IN_FLIGHT 4 /* one on the air, the others ready behind it; the driver has 32 buffers for all of Wi-Fi */

typedef uint8_t mac[SN_MAC_SIZE];

static uint64_t peer;                         /* 0: none was named */
static mac known[ESP_NOW_MAX_TOTAL_PEER_NUM]; /* the driver's list, in a ring */
static unsigned added;
static atomic_int in_flight;
static atomic_bool is_waiting;

/* Both run in the task of the Wi-Fi driver. */
static void on_received(const esp_now_recv_info_t *info, const uint8_t *data, int length) {
    if (length > 0 && (unsigned)length <= FRAME) { /* newer devices near by may send longer ones */
        (void)link_receive(SN_VIA_ESPNOW, sn_mac_get(info->src_addr), (int8_t)info->rx_ctrl->rssi, data,
                           (size_t)length);
    }
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
static void on_sent(const esp_now_send_info_t *to, esp_now_send_status_t status) {
#else
static void on_sent(const uint8_t *to, esp_now_send_status_t status) {
#endif
    (void)to, (void)status;
    atomic_fetch_sub(&in_flight, 1); /* acknowledged or not: what is lost is sent again by the protocol */
    if (atomic_exchange(&is_waiting, false)) {
        link_writable(SN_VIA_ESPNOW);
    }
}

/* Puts a MAC on the driver's list, in place of the one that has been on it longest if it is full. */
static esp_err_t introduce(const mac to) {
    esp_now_peer_info_t info = {.ifidx = WIFI_IF_STA}; /* on the radio's channel, not encrypted */
    mac *place = &known[added % ESP_NOW_MAX_TOTAL_PEER_NUM];
    esp_err_t code = added >= ESP_NOW_MAX_TOTAL_PEER_NUM ? esp_now_del_peer(*place) : ESP_OK;
    if (code == ESP_OK) {
        memcpy(info.peer_addr, to, SN_MAC_SIZE);
        code = esp_now_add_peer(&info);
    }
    if (code == ESP_OK) {
        memcpy(*place, to, SN_MAC_SIZE);
        added++;
    }
    return code;
}

static int32_t send_frame(uint64_t to, const uint8_t *data, size_t length) {
    mac address;
    sn_mac_put(address, to != 0 ? to : peer);
    atomic_store(&is_waiting, true); /* first, or the last send callback could come in between */
    if (atomic_load(&in_flight) >= MOST_IN_FLIGHT) {
        return 0;
    }
    atomic_store(&is_waiting, false);
    esp_err_t code = esp_now_is_peer_exist(address) ? ESP_OK : introduce(address);
    atomic_fetch_add(&in_flight, 1);
    code = code == ESP_OK ? esp_now_send(address, data, length) : code;
    if (code == ESP_OK) {
        return (int32_t)length;
    }
    atomic_fetch_sub(&in_flight, 1);
    if (code == ESP_ERR_ESPNOW_NO_MEM) {
        link_writable_soon(SN_VIA_ESPNOW);
        return 0;
    }
    link_tell(SN_VIA_ESPNOW, SN_ERR_RADIO, "an ESP-NOW frame was refused", esp_err_to_name(code));
    return -1;
}

static void stop(void) {
    const esp_err_t code = esp_now_deinit();
    link_check(code == ESP_ERR_ESPNOW_NOT_INIT ? ESP_OK : code, "ESP-NOW could not be ended");
}

static void start(const link_wish *wish) {
    uint8_t channel = (uint8_t)wish->port;
    char number[8];
    added = 0;
    atomic_store(&in_flight, 0);
    peer = sn_mac_parse(wish->name);
    esp_err_t code = wifi_tune(&channel);
    if (code == ESP_OK && channel != wish->port) {
        snprintf(number, sizeof number, "%u", channel);
        link_tell(SN_VIA_ESPNOW, SN_ERR_RADIO, "the radio is on the channel of the joined access point: name that one",
                  number);
        return;
    }
    code = code == ESP_OK ? esp_now_init() : code;
    code = code == ESP_OK ? esp_now_register_recv_cb(on_received) : code;
    code = code == ESP_OK ? esp_now_register_send_cb(on_sent) : code;
    link_tell(SN_VIA_ESPNOW, code == ESP_OK ? SN_OK : SN_ERR_RADIO, "ESP-NOW was refused", esp_err_to_name(code));
}

static uint32_t frame_limit(void) {
    return FRAME;
}

const link_driver espnow_driver = {.start = start, .stop = stop, .send = send_frame, .frame_limit = frame_limit};
