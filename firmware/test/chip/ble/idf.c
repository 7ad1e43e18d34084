/* SPDX-License-Identifier: MIT */
/*
 * One task: what NimBLE's host task does happens inside the call of a test. Names of files are below
 * components/bt/host/nimble/nimble of ESP-IDF 5.5. What the real functions take is from NimBLE's own pools, which are
 * in PSRAM (sdkconfig.defaults); where a function finds no memory there, it says BLE_HS_ENOMEM, but for those that
 * start the host: nimble_platform_mem_malloc() asserts.
 */
#include <stdlib.h>

#include "board.h"

size_t board_psram = 8 << 20;
bool board_advertises;
uint16_t board_connection = BLE_HS_CONN_HANDLE_NONE, board_sent_on;
int board_frames;
struct ble_hs_cfg ble_hs_cfg;

static ble_gap_event_fn *on_event;
static ble_gatt_mtu_fn *on_mtu;
static ble_gatt_access_fn *on_write;
static uint16_t mtu_asked_on;
static uint32_t notified;
static bool is_up;
static char device_name[32], told[128];

const char *esp_err_to_name(esp_err_t code) {
    return code == ESP_OK ? "ESP_OK" : "an error";
}

size_t strlcpy(char *to, const char *from, size_t size) {
    snprintf(to, size, "%s", from);
    return strlen(from);
}

size_t heap_caps_get_total_size(uint32_t caps) {
    return caps == MALLOC_CAP_SPIRAM ? board_psram : 0;
}

esp_err_t esp_read_mac(uint8_t *mac, int type) {
    (void)type;
    memcpy(mac, "\x02\0\0\x4c\0\x01", 6);
    return ESP_OK;
}

esp_err_t esp_iface_mac_addr_set(const uint8_t *mac, int type) {
    (void)mac, (void)type;
    return ESP_OK;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void) {
    return (TaskHandle_t)&notified;
}

void xTaskNotifyGive(TaskHandle_t task) {
    ++*(uint32_t *)task;
}

uint32_t ulTaskNotifyTake(int clear, TickType_t wait) {
    (void)clear, (void)wait;
    const uint32_t was = notified;
    notified = 0;
    return was;
}

/* porting/nimble/src/nimble_port.c: the controller's memory is internal, the host's pools are allocated here and kept
 * until deinit; ESP_ERR_INVALID_STATE (from esp_bt_controller_init) if it is initialized already. */
esp_err_t nimble_port_init(void) {
    if (board_psram == 0) {
        abort(); /* esp_nimble_mem.c asserts */
    }
    const bool was = is_up;
    is_up = true;
    return was ? ESP_FAIL : ESP_OK;
}

esp_err_t nimble_port_deinit(void) {
    is_up = false;
    return ESP_OK;
}

/* Blocks until every connection has ended (2 s at most) and the host task has left nimble_port_run. */
int nimble_port_stop(void) {
    board_connection = BLE_HS_CONN_HANDLE_NONE;
    board_advertises = false;
    return 0;
}

void nimble_port_run(void) {
}

void nimble_port_freertos_deinit(void) {
}

/* porting/npl/freertos/src/nimble_port_freertos.c: makes the host task, of 4,096 bytes of internal memory; it calls
 * sync_cb once the controller has answered. */
void nimble_port_freertos_init(void (*run)(void *)) {
    run(NULL);
    ble_hs_cfg.sync_cb();
}

/* nimble/host/services: each keeps its attributes in the host's pools. */
void ble_svc_gap_init(void) {
}

void ble_svc_gatt_init(void) {
}

const char *ble_svc_gap_device_name(void) {
    return device_name;
}

int ble_svc_gap_device_name_set(const char *name) {
    strlcpy(device_name, name, sizeof device_name);
    return 0;
}

/* nimble/host/src/ble_gatts.c: keeps the pointer, not the definitions. */
int ble_gatts_count_cfg(const struct ble_gatt_svc_def *services) {
    return services->characteristics != NULL ? 0 : BLE_HS_ENOMEM;
}

int ble_gatts_add_svcs(const struct ble_gatt_svc_def *services) {
    on_write = services->characteristics[0].access_cb;
    return 0;
}

static int found(uint16_t handle) {
    return handle == board_connection && handle != BLE_HS_CONN_HANDLE_NONE ? 0 : BLE_HS_ENOTCONN;
}

/* nimble/host/src/ble_gap.c: HCI commands, answered by the controller within BLE_HCI_CMD_TIMEOUT_MS (2 s). */
int ble_gap_terminate(uint16_t handle, uint8_t reason) {
    (void)reason;
    return found(handle);
}

int ble_gap_set_data_len(uint16_t handle, uint16_t octets, uint16_t us) {
    (void)octets, (void)us;
    return found(handle);
}

int ble_gap_update_params(uint16_t handle, const struct ble_gap_upd_params *params) {
    (void)params;
    return found(handle);
}

int ble_gap_adv_active(void) {
    return board_advertises;
}

int ble_gap_adv_set_fields(const struct ble_hs_adv_fields *fields) {
    (void)fields;
    return 0;
}

int ble_gap_adv_rsp_set_fields(const struct ble_hs_adv_fields *fields) {
    (void)fields;
    return 0;
}

/* BLE_HS_EALREADY while it advertises. */
int ble_gap_adv_start(uint8_t own, const ble_addr_t *to, int32_t ms, const struct ble_gap_adv_params *params,
                      ble_gap_event_fn *listener, void *argument) {
    (void)own, (void)to, (void)ms, (void)params, (void)argument;
    const int code = board_advertises ? BLE_HS_EALREADY : 0;
    board_advertises = true;
    on_event = listener;
    return code;
}

int ble_gap_connect(uint8_t own, const ble_addr_t *to, int32_t ms, const struct ble_gap_conn_params *params,
                    ble_gap_event_fn *listener, void *argument) {
    (void)own, (void)to, (void)ms, (void)params, (void)argument;
    on_event = listener;
    return 0;
}

/* nimble/host/src/ble_gattc.c: a procedure of the host's pool; the callback comes from the host task. */
int ble_gattc_exchange_mtu(uint16_t handle, ble_gatt_mtu_fn *done, void *argument) {
    (void)argument;
    on_mtu = done;
    mtu_asked_on = handle;
    return found(handle);
}

int ble_gattc_disc_all_chrs(uint16_t handle, uint16_t first, uint16_t last, ble_gatt_chr_fn *each, void *argument) {
    (void)first, (void)last, (void)each, (void)argument;
    return found(handle);
}

int ble_gattc_write_flat(uint16_t handle, uint16_t attribute, const void *data, uint16_t length, ble_gatt_attr_fn *done,
                         void *argument) {
    (void)attribute, (void)data, (void)length, (void)done, (void)argument;
    return found(handle);
}

/* Both consume the frame, whatever comes of it. */
int ble_gatts_notify_custom(uint16_t handle, uint16_t attribute, struct os_mbuf *frame) {
    (void)attribute;
    free(frame);
    board_sent_on = handle;
    return found(handle);
}

int ble_gattc_write_no_rsp(uint16_t handle, uint16_t attribute, struct os_mbuf *frame) {
    return ble_gatts_notify_custom(handle, attribute, frame);
}

/* nimble/host/src/ble_att.c: 0 for what is not connected. */
uint16_t ble_att_mtu(uint16_t handle) {
    return found(handle) == 0 ? 247 : 0;
}

int ble_uuid_cmp(const ble_uuid_t *a, const ble_uuid_t *b) {
    return memcmp(a, b, sizeof(ble_uuid128_t));
}

/* porting/nimble/src/os_mbuf.c, nimble/host/src/ble_hs_mbuf.c: from the pools of msys; NULL if they are empty. */
int os_msys_num_free(void) {
    return 48;
}

struct os_mbuf *ble_hs_mbuf_from_flat(const void *data, uint16_t length) {
    struct os_mbuf *frame = length <= sizeof frame->data ? malloc(sizeof *frame) : NULL;
    if (frame != NULL) {
        frame->length = length;
        memcpy(frame->data, data, length);
    }
    return frame;
}

int ble_hs_mbuf_to_flat(const struct os_mbuf *from, void *flat, uint16_t most, uint16_t *length) {
    if (from->length > most) {
        return BLE_HS_ENOMEM;
    }
    memcpy(flat, from->data, from->length);
    *length = from->length;
    return 0;
}

void board_connects(uint16_t handle, bool tell) {
    board_connection = handle;
    board_advertises = false;
    if (tell) {
        board_tell_connected(handle, 0);
    }
}

void board_tell_connected(uint16_t handle, int status) {
    struct ble_gap_event event = {.type = BLE_GAP_EVENT_CONNECT, .connect = {.status = status, .conn_handle = handle}};
    on_event(&event, NULL);
}

void board_subscribes(uint16_t handle) {
    struct ble_gap_event event = {
        .type = BLE_GAP_EVENT_SUBSCRIBE,
        .subscribe = {
            .conn_handle = handle, .attr_handle = 12, .reason = BLE_GAP_SUBSCRIBE_REASON_WRITE, .cur_notify = 1}};
    on_event(&event, NULL);
}

void board_agrees(uint16_t mtu) {
    const struct ble_gatt_error fine = {0};
    on_mtu(mtu_asked_on, &fine, mtu, NULL);
}

void board_writes(uint16_t handle) {
    struct os_mbuf frame = {.length = 20};
    struct ble_gatt_access_ctxt context = {.op = BLE_GATT_ACCESS_OP_WRITE_CHR, .om = &frame};
    on_write(handle, 10, &context, NULL);
}

void board_notifies(uint16_t handle) {
    struct os_mbuf frame = {.length = 20};
    struct ble_gap_event event = {.type = BLE_GAP_EVENT_NOTIFY_RX, .notify_rx = {.om = &frame, .conn_handle = handle}};
    on_event(&event, NULL);
}

void board_disconnects(uint16_t handle) {
    struct ble_gap_event event = {.type = BLE_GAP_EVENT_DISCONNECT,
                                  .disconnect = {.reason = 0x213, .conn = {.conn_handle = handle}}};
    if (handle == board_connection) {
        board_connection = BLE_HS_CONN_HANDLE_NONE;
    }
    on_event(&event, NULL);
}

/* links.c and wifi.c. */
void hil_link_tell(sn_via via, sn_error code, const char *text, const char *detail) {
    if (via != SN_VIA_BLE) {
        abort();
    }
    if (code == SN_OK) {
        snprintf(told, sizeof told, "up");
    } else {
        snprintf(told, sizeof told, "down %d: %s: %s", (int)code, text, detail != NULL ? detail : "");
    }
}

const char *board_told(void) {
    static char last[sizeof told];
    memcpy(last, told, sizeof last);
    told[0] = '\0';
    return last;
}

bool hil_link_receive(sn_via via, uint64_t from, int8_t rssi, const uint8_t *data, size_t length) {
    (void)via, (void)from, (void)rssi, (void)data, (void)length;
    board_frames++;
    return true;
}

void hil_link_writable_soon(sn_via via) {
    (void)via;
}

bool hil_link_check(esp_err_t code, const char *what) {
    (void)what;
    return code == ESP_OK;
}

void hil_wifi_save_power(bool save) {
    (void)save;
}
