/* SPDX-License-Identifier: MIT */
/* The BLE link: NimBLE started and stopped, the life of the one connection, frames out and in. */
#include "ble.h"

#include <stdatomic.h>
#include <stdio.h>

#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nimble/nimble_port.h"
#include "nimble/nimble_port_freertos.h"

#define MOST_FRAME 512u /* of an attribute */
/* NimBLE makes everything of the first pool's buffers, three to a frame; so many are left to what it has to say itself.
 * It counts both pools. */
#define SPARE (MYNEWT_VAL(MSYS_2_BLOCK_COUNT) + 8)
#define START_MS 2000

enum { OPENING, UP, OVER };

static atomic_int state;
static atomic_bool has_host; /* its task was made */
static bool is_central, is_running;
static char peer[18];
static uint16_t connection; /* BLE_HS_CONN_HANDLE_NONE: none that an event has told of */
static uint16_t value;
static TaskHandle_t starter;

static int fail(sn_error code, const char *text, int detail) {
    char number[24];
    if (atomic_exchange(&state, OVER) != OVER) {
        snprintf(number, sizeof number, "NimBLE code 0x%x", (unsigned)detail);
        hil_link_tell(SN_VIA_BLE, code, text, number);
        (void)ble_gap_terminate(connection, BLE_ERR_REM_USER_CONN_TERM); /* if there is one */
    }
    return 0;
}

static int report_up(uint16_t handle) {
    int was = OPENING;
    value = handle;
    if (atomic_compare_exchange_strong(&state, &was, UP)) {
        hil_link_tell(SN_VIA_BLE, SN_OK, "", NULL);
    }
    return 0;
}

static int begin(void) {
    const int code = state != OPENING ? 0 : is_central ? hil_ble_connect(peer) : hil_ble_advertise();
    return code == 0 ? 0 : fail(SN_ERR_RADIO, "BLE could not be started", code);
}

static int agreed(void) {
    return is_central ? hil_ble_explore(connection) : report_up(value);
}

static int on_mtu(uint16_t handle, const struct ble_gatt_error *error, uint16_t mtu, void *unused) {
    (void)mtu, (void)unused;
    /* A peer that refuses keeps 23, which the core refuses. */
    return error->status == BLE_HS_ENOTCONN || handle != connection ? 0 : agreed();
}

/* Asks for the MTU of sdkconfig.defaults: the central first of all, the peripheral when it is subscribed to and the
 * central has not. */
static int agree(void) {
    const int code = ble_gattc_exchange_mtu(connection, on_mtu, NULL);
    return code == 0                 ? 0
           : code == BLE_HS_EALREADY ? agreed()
                                     : fail(SN_ERR_EDGE_UNREACHABLE, "no MTU could be asked for", code);
}

static int connected(int status, uint16_t handle) {
    if (status != 0) {
        return is_central ? fail(SN_ERR_EDGE_UNREACHABLE, "no board of that MAC advertises", status) : begin();
    }
    connection = handle;
    const struct ble_gap_upd_params wanted = {.itvl_min = BLE_GAP_CONN_ITVL_MS(7.5),
                                              .itvl_max = BLE_GAP_CONN_ITVL_MS(15),
                                              .supervision_timeout = BLE_GAP_SUPERVISION_TIMEOUT_MS(2560)};
    int code = ble_gap_set_data_len(connection, 251, 2120); /* the longest packets */
    code = code == 0 && !is_central ? ble_gap_update_params(connection, &wanted) : code;
    if (code != 0) {
        ESP_LOGW("ble", "the connection stays slower than it could be: NimBLE code 0x%x", (unsigned)code);
    }
    return is_central ? agree() : 0;
}

static int disconnected(uint16_t handle, int reason) {
    if (connection != BLE_HS_CONN_HANDLE_NONE && handle != connection) {
        return 0; /* one that was given up before */
    }
    connection = BLE_HS_CONN_HANDLE_NONE;
    return state == UP ? fail(SN_ERR_EDGE_LOST, "the connection ended", reason) : begin();
}

static int subscribed(const struct ble_gap_event *event) {
    if (event->subscribe.cur_notify) {
        /* It may be told of before its connection is: espressif/esp-nimble, issue 117. */
        connection = event->subscribe.conn_handle;
        value = event->subscribe.attr_handle;
        return agree();
    }
    /* The end of the connection ends the subscription first: that comes as BLE_GAP_EVENT_DISCONNECT next. */
    return event->subscribe.prev_notify && event->subscribe.reason == BLE_GAP_SUBSCRIBE_REASON_WRITE &&
                   event->subscribe.conn_handle == connection
               ? fail(SN_ERR_EDGE_LOST, "the central has ended its subscription", 0)
               : 0;
}

static void received(uint16_t handle, const struct os_mbuf *frame) {
    static uint8_t flat[MOST_FRAME];
    uint16_t length = 0;
    if (state == UP && handle == connection &&
        (ble_hs_mbuf_to_flat(frame, flat, sizeof flat, &length) != 0 ||
         !hil_link_receive(SN_VIA_BLE, 0, 0, flat, length))) {
        fail(SN_ERR_EDGE_LOST, "a frame could not be taken, and BLE must lose none", BLE_HS_ENOMEM);
    }
}

static int on_event(struct ble_gap_event *event, void *unused) {
    (void)unused;
    switch (event->type) {
    case BLE_GAP_EVENT_CONNECT:
        return connected(event->connect.status, event->connect.conn_handle);
    case BLE_GAP_EVENT_DISCONNECT:
        return disconnected(event->disconnect.conn.conn_handle, event->disconnect.reason);
    case BLE_GAP_EVENT_SUBSCRIBE:
        return subscribed(event);
    case BLE_GAP_EVENT_NOTIFY_RX:
        received(event->notify_rx.conn_handle, event->notify_rx.om);
    }
    return 0;
}

static const ble_gatt_events gatt_events = {.gap = on_event, .received = received, .up = report_up, .fail = fail};

static int32_t send_frame(uint64_t to, const uint8_t *data, size_t length) {
    (void)to;
    int code = BLE_HS_ENOMEM;
    struct os_mbuf *frame = os_msys_num_free() > SPARE ? ble_hs_mbuf_from_flat(data, (uint16_t)length) : NULL;
    if (frame != NULL) { /* which the call consumes, whatever comes of it */
        code = is_central ? ble_gattc_write_no_rsp(connection, value, frame)
                          : ble_gatts_notify_custom(connection, value, frame);
    }
    if (code == BLE_HS_ENOMEM) { /* NimBLE does not tell when it has room again */
        hil_link_writable_soon(SN_VIA_BLE);
        return 0;
    }
    return code == 0 ? (int32_t)length : fail(SN_ERR_EDGE_LOST, "a frame could not be sent", code) - 1;
}

static uint32_t frame_limit(void) {
    const uint32_t mtu = state == UP ? ble_att_mtu(connection) : 0;
    return mtu < 3 ? 0 : mtu - 3 < MOST_FRAME ? mtu - 3 : MOST_FRAME;
}

static void host_task(void *unused) {
    (void)unused;
    has_host = true;
    nimble_port_run(); /* until nimble_port_stop() */
    nimble_port_freertos_deinit();
}

static void on_sync(void) {
    xTaskNotifyGive(starter);
}

static void on_reset(int reason) {
    fail(SN_ERR_RADIO, "the Bluetooth controller was reset", reason);
}

static void start(const link_wish *wish) {
    uint8_t mac[6];
    if (heap_caps_get_total_size(MALLOC_CAP_SPIRAM) == 0) { /* NimBLE aborts where it finds no memory */
        hil_link_tell(SN_VIA_BLE, SN_ERR_RADIO, "BLE needs a module with octal PSRAM, as N16R8: its buffers are there",
                      NULL);
        return;
    }
    is_central = wish->name[0] != '\0';
    strlcpy(peer, wish->name, sizeof peer);
    connection = BLE_HS_CONN_HANDLE_NONE;
    state = OPENING;
    hil_wifi_save_power(true); /* with both radios on, anything else is an abort */
    esp_err_t code = esp_read_mac(mac, ESP_MAC_BASE);
    code = code == ESP_OK ? esp_iface_mac_addr_set(mac, ESP_MAC_BT) : code; /* one MAC names the board everywhere */
    code = code == ESP_OK ? nimble_port_init() : code;
    if (code != ESP_OK) {
        hil_link_tell(SN_VIA_BLE, SN_ERR_RADIO, "the Bluetooth controller could not be started", esp_err_to_name(code));
        return;
    }
    is_running = true;
    starter = xTaskGetCurrentTaskHandle();
    (void)ulTaskNotifyTake(pdTRUE, 0); /* of a reset in the time of the link before */
    ble_hs_cfg.sync_cb = on_sync;
    ble_hs_cfg.reset_cb = on_reset;
    int refusal = hil_ble_add_service(mac, &gatt_events);
    has_host = false;
    nimble_port_freertos_init(host_task); /* does not say if there was no memory for it */
    /* NimBLE must not be stopped before it is in step with the controller: it would use a timer that is gone. */
    if (ulTaskNotifyTake(pdTRUE, pdMS_TO_TICKS(START_MS)) == 0 && refusal == 0) {
        refusal = BLE_HS_ETIMEOUT_HCI;
    }
    refusal == 0 ? begin() : fail(SN_ERR_RADIO, "BLE could not be set up", refusal);
}

static void stop(void) {
    if (is_running) {
        state = OVER;
        const bool has_stopped = !has_host || nimble_port_stop() == 0; /* which refuses where there is no host */
        is_running = !hil_link_check(has_stopped ? nimble_port_deinit() : ESP_FAIL, "NimBLE is not to be ended");
    }
    if (!is_running) {
        hil_wifi_save_power(false); /* it costs 100 ms of latency, and ESP-NOW frames */
    }
}

const link_driver hil_ble_driver = {.start = start, .stop = stop, .send = send_frame, .frame_limit = frame_limit};
