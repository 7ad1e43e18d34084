/* SPDX-License-Identifier: MIT */
/* The service of protocol 1.6: offered and advertised by the peripheral, found and subscribed to by the central. */
#include <stdio.h>

#include "services/gap/ble_svc_gap.h"
#include "services/gatt/ble_svc_gatt.h"
#include "splitnode/mac.h"

#include "ble.h"

#define UUID(number)                                                                                                   \
    BLE_UUID128_INIT(0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0x21, 0x6c, 0x69, 0x68, number, 0, 0x53, 0x4e)
#define PATIENCE_MS 5000 /* the core waits 10 s */

static const ble_uuid128_t service = UUID(1), to_peripheral = UUID(2), to_central = UUID(3);
static const ble_gatt_events *events;

static int on_access(uint16_t connection, uint16_t attribute, struct ble_gatt_access_ctxt *context, void *unused) {
    (void)attribute, (void)unused;
    if (context->op == BLE_GATT_ACCESS_OP_WRITE_CHR) {
        events->received(connection, context->om);
    }
    return 0;
}

static const struct ble_gatt_chr_def characteristics[] = {
    {.uuid = &to_peripheral.u, .access_cb = on_access, .flags = BLE_GATT_CHR_F_WRITE_NO_RSP},
    {.uuid = &to_central.u, .access_cb = on_access, .flags = BLE_GATT_CHR_F_NOTIFY},
    {0},
};
static const struct ble_gatt_svc_def services[] = {
    {.type = BLE_GATT_SVC_TYPE_PRIMARY, .uuid = &service.u, .characteristics = characteristics},
    {0},
};

int hil_ble_add_service(const uint8_t mac[6], const ble_gatt_events *told) {
    char name[16];
    events = told;
    snprintf(name, sizeof name, "hil-%02x%02x%02x", mac[3], mac[4], mac[5]);
    ble_svc_gap_init();
    ble_svc_gatt_init();
    int code = ble_svc_gap_device_name_set(name);
    code = code == 0 ? ble_gatts_count_cfg(services) : code;
    return code == 0 ? ble_gatts_add_svcs(services) : code;
}

int hil_ble_advertise(void) {
    if (ble_gap_adv_active()) { /* which setting the fields would not find out, and starting would refuse */
        return 0;
    }
    const char *name = ble_svc_gap_device_name();
    const struct ble_hs_adv_fields advertisement = {.flags = BLE_HS_ADV_F_DISC_GEN | BLE_HS_ADV_F_BREDR_UNSUP,
                                                    .uuids128 = &service,
                                                    .num_uuids128 = 1,
                                                    .uuids128_is_complete = 1};
    const struct ble_hs_adv_fields response = {
        .name = (const uint8_t *)name, .name_len = (uint8_t)strlen(name), .name_is_complete = 1};
    const struct ble_gap_adv_params parameters = {.conn_mode = BLE_GAP_CONN_MODE_UND,
                                                  .disc_mode = BLE_GAP_DISC_MODE_GEN,
                                                  .itvl_min = BLE_GAP_ADV_ITVL_MS(20),
                                                  .itvl_max = BLE_GAP_ADV_ITVL_MS(30)};
    int code = ble_gap_adv_set_fields(&advertisement);
    code = code == 0 ? ble_gap_adv_rsp_set_fields(&response) : code;
    return code == 0 ? ble_gap_adv_start(BLE_OWN_ADDR_PUBLIC, NULL, BLE_HS_FOREVER, &parameters, events->gap, NULL)
                     : code;
}

int hil_ble_connect(const char *mac) {
    const struct ble_gap_conn_params parameters = {.scan_itvl = BLE_GAP_SCAN_ITVL_MS(20),
                                                   .scan_window = BLE_GAP_SCAN_WIN_MS(20),
                                                   .itvl_min = BLE_GAP_CONN_ITVL_MS(7.5),
                                                   .itvl_max = BLE_GAP_CONN_ITVL_MS(15),
                                                   .supervision_timeout = BLE_GAP_SUPERVISION_TIMEOUT_MS(2560)};
    const uint64_t address = sn_mac_parse(mac);
    ble_addr_t peer = {.type = BLE_ADDR_PUBLIC};
    for (size_t i = 0; i < sizeof peer.val; i++) { /* the last byte first */
        peer.val[i] = (uint8_t)(address >> 8 * i);
    }
    return ble_gap_connect(BLE_OWN_ADDR_PUBLIC, &peer, PATIENCE_MS, &parameters, events->gap, NULL);
}

static uint16_t to_write, to_subscribe; /* handles */

/* Ends a step with the code of the next one's start, or of a failure. Of a connection that ended NimBLE tells next. */
static int go_on(int code) {
    return code == 0 || code == BLE_HS_ENOTCONN
               ? 0
               : events->fail(SN_ERR_EDGE_UNREACHABLE, "the peer lacks this protocol's service", code);
}

static int on_subscribed(uint16_t connection, const struct ble_gatt_error *error, struct ble_gatt_attr *written,
                         void *unused) {
    (void)connection, (void)written, (void)unused;
    return error->status == 0 ? events->up(to_write) : go_on(error->status);
}

static int on_characteristic(uint16_t connection, const struct ble_gatt_error *error, const struct ble_gatt_chr *found,
                             void *unused) {
    static const uint8_t notifications[] = {1, 0};
    (void)unused;
    if (error->status == BLE_HS_EDONE && to_write != 0 && to_subscribe != 0) {
        return go_on(ble_gattc_write_flat(connection, to_subscribe, notifications, 2, on_subscribed, NULL));
    }
    if (error->status != 0) {
        return go_on(error->status);
    }
    if (ble_uuid_cmp(&found->uuid.u, &to_peripheral.u) == 0) {
        to_write = found->val_handle;
    } else if (ble_uuid_cmp(&found->uuid.u, &to_central.u) == 0) {
        to_subscribe = found->val_handle + 1; /* its only descriptor: the peer is a board with this firmware */
    }
    return 0;
}

int hil_ble_explore(uint16_t connection) {
    to_write = to_subscribe = 0;
    return go_on(ble_gattc_disc_all_chrs(connection, 1, 0xffff, on_characteristic, NULL));
}
