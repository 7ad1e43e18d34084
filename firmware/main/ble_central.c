/* SPDX-License-Identifier: MIT */
/* The board as the BLE central of another board: connects, agrees on the MTU, finds the service and subscribes. */
#include "splitnode/mac.h"

#include "ble.h"

#define PATIENCE_MS 5000 /* the core waits 10 s */

static uint16_t to_write, to_subscribe; /* handles */

/* Ends a step with the code of the next one's start, or of a failure. */
static int go_on(int code) {
    return code == 0 ? 0 : ble_fail(SN_ERR_EDGE_UNREACHABLE, "the peer lacks this protocol's service", code);
}

static int on_subscribed(uint16_t connection, const struct ble_gatt_error *error, struct ble_gatt_attr *written,
                         void *unused) {
    (void)connection, (void)written, (void)unused;
    if (error->status == 0) {
        ble_up(to_write);
    }
    return go_on(error->status);
}

static int on_characteristic(uint16_t connection, const struct ble_gatt_error *error, const struct ble_gatt_chr *found,
                             void *unused) {
    static const uint8_t notifications[] = {1, 0};
    (void)unused;
    if (error->status == 0 && ble_uuid_cmp(&found->uuid.u, &ble_to_peripheral.u) == 0) {
        to_write = found->val_handle;
    } else if (error->status == 0 && ble_uuid_cmp(&found->uuid.u, &ble_to_central.u) == 0) {
        to_subscribe = found->val_handle + 1; /* its only descriptor: the peer is a board with this firmware */
    } else if (error->status == BLE_HS_EDONE && to_write != 0 && to_subscribe != 0) {
        return go_on(ble_gattc_write_flat(connection, to_subscribe, notifications, 2, on_subscribed, NULL));
    } else if (error->status != 0) {
        return go_on(error->status);
    }
    return 0;
}

static int on_mtu(uint16_t connection, const struct ble_gatt_error *error, uint16_t mtu, void *unused) {
    (void)mtu, (void)unused;
    to_write = to_subscribe = 0;
    return go_on(error->status != 0 ? error->status
                                    : ble_gattc_disc_all_chrs(connection, 1, 0xffff, on_characteristic, NULL));
}

int ble_explore(uint16_t connection) {
    return go_on(ble_gattc_exchange_mtu(connection, on_mtu, NULL));
}

int ble_connect(const char *mac) {
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
    return ble_gap_connect(BLE_OWN_ADDR_PUBLIC, &peer, PATIENCE_MS, &parameters, ble_on_event, NULL);
}
