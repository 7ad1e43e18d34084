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

static uint64_t peer; /* 0: none was named */
static atomic_int in_flight;

/* Both run in the task of the Wi-Fi driver. */
static void on_received(const esp_now_recv_info_t *info, const uint8_t *data, int length) {
    if (length > 0 && (unsigned)length <= FRAME) { /* newer devices near by may send longer ones */
        (void)hil_link_receive(SN_VIA_ESPNOW, sn_mac_get(info->src_addr), (int8_t)info->rx_ctrl->rssi, data,
                               (size_t)length);
    }
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
static void on_sent(const esp_now_send_info_t *to, esp_now_send_status_t status) {
#else
static void on_sent(const uint8_t *to, esp_now_send_status_t status) {
#endif
    (void)to, (void)status;
    in_flight--; /* acknowledged or not: what is lost is sent again by the protocol */
}

/* Puts a MAC on the driver's list, in place of another one if that is full. */
static esp_err_t introduce(const uint8_t *to) {
    esp_now_peer_info_t other, info = {.ifidx = WIFI_IF_STA}; /* on the radio's channel, not encrypted */
    memcpy(info.peer_addr, to, sizeof info.peer_addr);
    esp_err_t code = esp_now_add_peer(&info);
    if (code == ESP_ERR_ESPNOW_FULL && esp_now_fetch_peer(true, &other) == ESP_OK) {
        code = esp_now_del_peer(other.peer_addr);
        code = code == ESP_OK ? esp_now_add_peer(&info) : code;
    }
    return code;
}

static int32_t send_frame(uint64_t to, const uint8_t *data, size_t length) {
    uint8_t address[SN_MAC_SIZE];
    esp_err_t code = ESP_ERR_ESPNOW_NO_MEM;
    if (in_flight < MOST_IN_FLIGHT) {
        sn_mac_put(address, to != 0 ? to : peer);
        code = esp_now_is_peer_exist(address) ? ESP_OK : introduce(address);
        in_flight++; /* before on_sent */
        code = code == ESP_OK ? esp_now_send(address, data, length) : code;
        in_flight -= code != ESP_OK;
    }
    if (code == ESP_ERR_ESPNOW_NO_MEM) {
        hil_link_writable_soon(SN_VIA_ESPNOW);
        return 0;
    }
    if (code != ESP_OK) {
        hil_link_tell(SN_VIA_ESPNOW, SN_ERR_RADIO, "an ESP-NOW frame was refused", esp_err_to_name(code));
    }
    return code == ESP_OK ? (int32_t)length : -1;
}

static void stop(void) {
    const esp_err_t code = esp_now_deinit();
    hil_link_check(code == ESP_ERR_ESPNOW_NOT_INIT ? ESP_OK : code, "ESP-NOW could not be ended");
}

static void start(const link_wish *wish) {
    uint8_t channel = (uint8_t)wish->port;
    char number[8];
    in_flight = 0;
    peer = sn_mac_parse(wish->name);
    esp_err_t code = hil_wifi_tune(&channel);
    if (code == ESP_OK && channel != wish->port) {
        snprintf(number, sizeof number, "%u", channel);
        hil_link_tell(SN_VIA_ESPNOW, SN_ERR_RADIO,
                      "the radio is on the channel of the joined access point: name that one", number);
        return;
    }
    code = code == ESP_OK ? esp_now_init() : code;
    code = code == ESP_OK ? esp_now_register_recv_cb(on_received) : code;
    code = code == ESP_OK ? esp_now_register_send_cb(on_sent) : code;
    hil_link_tell(SN_VIA_ESPNOW, code == ESP_OK ? SN_OK : SN_ERR_RADIO, "ESP-NOW was refused", esp_err_to_name(code));
}

const link_driver hil_espnow_driver = {.start = start, .stop = stop, .send = send_frame, .most = FRAME};
