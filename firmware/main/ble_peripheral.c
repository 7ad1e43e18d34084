/* SPDX-License-Identifier: MIT */
/* The board as a BLE peripheral: its service, and advertising it. */
#include <stdio.h>

#include "services/gap/ble_svc_gap.h"
#include "services/gatt/ble_svc_gatt.h"

#include "ble.h"

#define UUID(number)                                                                                                   \
    BLE_UUID128_INIT(0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0x21, 0x6c, 0x69, 0x68, number, 0, 0x53, 0x4e)

const ble_uuid128_t ble_to_peripheral = UUID(2), ble_to_central = UUID(3);
static const ble_uuid128_t service = UUID(1);

static uint16_t value;

static int on_access(uint16_t connection, uint16_t attribute, struct ble_gatt_access_ctxt *context, void *unused) {
    (void)connection, (void)attribute, (void)unused;
    if (context->op == BLE_GATT_ACCESS_OP_WRITE_CHR) {
        ble_received(context->om);
    }
    return 0;
}

static const struct ble_gatt_chr_def characteristics[] = {
    {.uuid = &ble_to_peripheral.u, .access_cb = on_access, .flags = BLE_GATT_CHR_F_WRITE_NO_RSP},
    {.uuid = &ble_to_central.u, .access_cb = on_access, .flags = BLE_GATT_CHR_F_NOTIFY, .val_handle = &value},
    {0},
};
static const struct ble_gatt_svc_def services[] = {
    {.type = BLE_GATT_SVC_TYPE_PRIMARY, .uuid = &service.u, .characteristics = characteristics},
    {0},
};

bool ble_is_subscription(const struct ble_gap_event *event) {
    return event->type == BLE_GAP_EVENT_SUBSCRIBE && event->subscribe.attr_handle == value;
}

int ble_add_service(const uint8_t mac[6]) {
    char name[16];
    snprintf(name, sizeof name, "hil-%02x%02x%02x", mac[3], mac[4], mac[5]);
    ble_svc_gap_init();
    ble_svc_gatt_init();
    int code = ble_svc_gap_device_name_set(name);
    code = code == 0 ? ble_gatts_count_cfg(services) : code;
    return code == 0 ? ble_gatts_add_svcs(services) : code;
}

int ble_advertise(void) {
    const char *name = ble_svc_gap_device_name();
    const struct ble_hs_adv_fields advertisement = {
        .flags = BLE_HS_ADV_F_DISC_GEN | BLE_HS_ADV_F_BREDR_UNSUP,
        .uuids128 = &service,
        .num_uuids128 = 1,
        .uuids128_is_complete = 1,
    };
    const struct ble_hs_adv_fields response = {
        .name = (const uint8_t *)name, .name_len = (uint8_t)strlen(name), .name_is_complete = 1};
    const struct ble_gap_adv_params parameters = {
        .conn_mode = BLE_GAP_CONN_MODE_UND,
        .disc_mode = BLE_GAP_DISC_MODE_GEN,
        .itvl_min = BLE_GAP_ADV_ITVL_MS(20),
        .itvl_max = BLE_GAP_ADV_ITVL_MS(30),
    };
    int code = ble_gap_adv_set_fields(&advertisement);
    code = code == 0 ? ble_gap_adv_rsp_set_fields(&response) : code;
    return code == 0 ? ble_gap_adv_start(BLE_OWN_ADDR_PUBLIC, NULL, BLE_HS_FOREVER, &parameters, ble_on_event, NULL)
                     : code;
}
