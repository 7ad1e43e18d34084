/* SPDX-License-Identifier: MIT */
/* What firmware/main/ble.c and ble_gatt.c use of ESP-IDF and NimBLE: the fields they read and write, in idf.c. */
#ifndef BLE_IDF_H
#define BLE_IDF_H

#include <string.h>

#include "../idf.h"

size_t heap_caps_get_total_size(uint32_t caps);

enum { ESP_MAC_BT = 2, ESP_MAC_BASE = 5 };
esp_err_t esp_read_mac(uint8_t *mac, int type);
esp_err_t esp_iface_mac_addr_set(const uint8_t *mac, int type);

TaskHandle_t xTaskGetCurrentTaskHandle(void);

#define MYNEWT_VAL(name) MYNEWT_VAL_##name
#define MYNEWT_VAL_MSYS_2_BLOCK_COUNT 24

enum {
    BLE_HS_EALREADY = 2,
    BLE_HS_EINVAL = 3,
    BLE_HS_EMSGSIZE = 4,
    BLE_HS_ENOMEM = 6,
    BLE_HS_ENOTCONN = 7,
    BLE_HS_EDONE = 14,
    BLE_HS_EBUSY = 15,
    BLE_HS_ETIMEOUT_HCI = 19,
    BLE_HS_EDISABLED = 30,
};
enum { BLE_ERR_UNK_CONN_ID = 0x02, BLE_ERR_REM_USER_CONN_TERM = 0x13 };
#define BLE_HS_HCI_ERR(code) (0x200 + (code))
#define BLE_HS_ADV_MAX_SZ 31
#define BLE_ATT_MTU_DFLT 23
#define BLE_HS_CONN_HANDLE_NONE 0xffff
#define BLE_HS_FOREVER INT32_MAX
#define BLE_OWN_ADDR_PUBLIC 0
#define BLE_ADDR_PUBLIC 0
#define BLE_GAP_CONN_ITVL_MS(ms) ((uint16_t)((ms) * 8 / 10))
#define BLE_GAP_ADV_ITVL_MS(ms) ((ms) * 8 / 5)
#define BLE_GAP_SCAN_ITVL_MS(ms) ((ms) * 8 / 5)
#define BLE_GAP_SCAN_WIN_MS(ms) ((ms) * 8 / 5)
#define BLE_GAP_SUPERVISION_TIMEOUT_MS(ms) ((ms) / 10)

struct os_mbuf {
    uint16_t length;
    uint8_t data[512]; /* the most that an attribute holds; a chain of buffers, in truth */
};
int os_msys_num_free(void);
struct os_mbuf *ble_hs_mbuf_from_flat(const void *data, uint16_t length);
int ble_hs_mbuf_to_flat(const struct os_mbuf *from, void *flat, uint16_t most, uint16_t *length);

typedef struct {
    uint8_t type, val[6];
} ble_addr_t;
typedef struct {
    uint8_t type;
} ble_uuid_t;
typedef struct {
    ble_uuid_t u;
    uint8_t value[16];
} ble_uuid128_t;
#define BLE_UUID128_INIT(...)                                                                                          \
    {                                                                                                                  \
        {128}, {                                                                                                       \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
int ble_uuid_cmp(const ble_uuid_t *a, const ble_uuid_t *b);

/* host/ble_gap.h */
enum {
    BLE_GAP_EVENT_CONNECT = 0,
    BLE_GAP_EVENT_DISCONNECT = 1,
    BLE_GAP_EVENT_NOTIFY_RX = 12,
    BLE_GAP_EVENT_SUBSCRIBE = 14,
};
enum { BLE_GAP_SUBSCRIBE_REASON_WRITE = 1, BLE_GAP_SUBSCRIBE_REASON_TERM = 2 };
struct ble_gap_conn_desc {
    uint16_t conn_handle;
};
struct ble_gap_event {
    uint8_t type;
    union {
        struct {
            int status;
            uint16_t conn_handle;
        } connect;
        struct {
            int reason;
            struct ble_gap_conn_desc conn;
        } disconnect;
        struct {
            struct os_mbuf *om;
            uint16_t attr_handle, conn_handle;
        } notify_rx;
        struct {
            uint16_t conn_handle, attr_handle;
            uint8_t reason;
            uint8_t prev_notify : 1, cur_notify : 1;
        } subscribe;
    };
};
typedef int ble_gap_event_fn(struct ble_gap_event *event, void *argument);
struct ble_gap_upd_params {
    uint16_t itvl_min, itvl_max, supervision_timeout;
};
struct ble_gap_conn_params {
    uint16_t scan_itvl, scan_window, itvl_min, itvl_max, supervision_timeout;
};
enum { BLE_GAP_CONN_MODE_UND = 2, BLE_GAP_DISC_MODE_GEN = 2 };
struct ble_gap_adv_params {
    uint8_t conn_mode, disc_mode;
    uint16_t itvl_min, itvl_max;
};
enum { BLE_HS_ADV_F_DISC_GEN = 2, BLE_HS_ADV_F_BREDR_UNSUP = 4 };
struct ble_hs_adv_fields {
    uint8_t flags;
    const ble_uuid128_t *uuids128;
    uint8_t num_uuids128;
    unsigned uuids128_is_complete : 1;
    const uint8_t *name;
    uint8_t name_len;
    unsigned name_is_complete : 1;
};
int ble_gap_terminate(uint16_t handle, uint8_t reason);
int ble_gap_set_data_len(uint16_t handle, uint16_t octets, uint16_t us);
int ble_gap_update_params(uint16_t handle, const struct ble_gap_upd_params *params);
int ble_gap_adv_active(void);
int ble_gap_adv_set_fields(const struct ble_hs_adv_fields *fields);
int ble_gap_adv_rsp_set_fields(const struct ble_hs_adv_fields *fields);
int ble_gap_adv_start(uint8_t own, const ble_addr_t *to, int32_t ms, const struct ble_gap_adv_params *params,
                      ble_gap_event_fn *on_event, void *argument);
int ble_gap_connect(uint8_t own, const ble_addr_t *to, int32_t ms, const struct ble_gap_conn_params *params,
                    ble_gap_event_fn *on_event, void *argument);

/* host/ble_gatt.h, host/ble_att.h */
struct ble_gatt_error {
    uint16_t status;
};
struct ble_gatt_chr {
    uint16_t val_handle;
    ble_uuid128_t uuid;
};
struct ble_gatt_attr;
enum { BLE_GATT_ACCESS_OP_WRITE_CHR = 1 };
struct ble_gatt_access_ctxt {
    uint8_t op;
    struct os_mbuf *om;
};
typedef int ble_gatt_access_fn(uint16_t connection, uint16_t attribute, struct ble_gatt_access_ctxt *context,
                               void *argument);
enum { BLE_GATT_CHR_F_WRITE_NO_RSP = 4, BLE_GATT_CHR_F_NOTIFY = 16, BLE_GATT_SVC_TYPE_PRIMARY = 1 };
struct ble_gatt_chr_def {
    const ble_uuid_t *uuid;
    ble_gatt_access_fn *access_cb;
    int flags;
};
struct ble_gatt_svc_def {
    uint8_t type;
    const ble_uuid_t *uuid;
    const struct ble_gatt_chr_def *characteristics;
};
typedef int ble_gatt_mtu_fn(uint16_t handle, const struct ble_gatt_error *error, uint16_t mtu, void *argument);
typedef int ble_gatt_chr_fn(uint16_t handle, const struct ble_gatt_error *error, const struct ble_gatt_chr *found,
                            void *argument);
typedef int ble_gatt_attr_fn(uint16_t handle, const struct ble_gatt_error *error, struct ble_gatt_attr *attribute,
                             void *argument);
int ble_gatts_count_cfg(const struct ble_gatt_svc_def *services);
int ble_gatts_add_svcs(const struct ble_gatt_svc_def *services);
int ble_gatts_notify_custom(uint16_t handle, uint16_t attribute, struct os_mbuf *frame);
int ble_gattc_write_no_rsp(uint16_t handle, uint16_t attribute, struct os_mbuf *frame);
int ble_gattc_write_flat(uint16_t handle, uint16_t attribute, const void *data, uint16_t length, ble_gatt_attr_fn *done,
                         void *argument);
int ble_gattc_disc_all_chrs(uint16_t handle, uint16_t first, uint16_t last, ble_gatt_chr_fn *found, void *argument);
int ble_gattc_exchange_mtu(uint16_t handle, ble_gatt_mtu_fn *done, void *argument);
uint16_t ble_att_mtu(uint16_t handle);

/* host/ble_hs.h, services, nimble_port.h */
struct ble_hs_cfg {
    void (*sync_cb)(void);
    void (*reset_cb)(int reason);
};
extern struct ble_hs_cfg ble_hs_cfg;
void ble_svc_gap_init(void);
void ble_svc_gatt_init(void);
const char *ble_svc_gap_device_name(void);
int ble_svc_gap_device_name_set(const char *name);
esp_err_t nimble_port_init(void);
esp_err_t nimble_port_deinit(void);
int nimble_port_stop(void);
void nimble_port_run(void);
void nimble_port_freertos_init(void (*run)(void *));
void nimble_port_freertos_deinit(void);

#endif
