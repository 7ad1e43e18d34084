/* SPDX-License-Identifier: MIT */
/*
 * BLE over NimBLE: the connection (ble.c), and what is offered and looked for on it (ble_gatt.c). NimBLE is started for
 * each opening of the link, so that nothing is left of the one before. Codes are NimBLE's, 0 for success.
 */
#ifndef BLE_H
#define BLE_H

#include "host/ble_hs.h"

#include "links.h"

/* What the service tells the connection. What returns an int returns 0. */
typedef struct {
    int (*gap)(struct ble_gap_event *event, void *unused);
    void (*received)(uint16_t connection, const struct os_mbuf *frame);
    int (*up)(uint16_t handle); /* of what frames are written to, or notified on */
    int (*fail)(sn_error code, const char *text, int detail);
} ble_gatt_events;

int hil_ble_add_service(const uint8_t mac[6], const ble_gatt_events *events);
int hil_ble_advertise(void);
int hil_ble_connect(const char *mac);
/* Finds the peer's service and subscribes: ends in `up` or `fail`. */
int hil_ble_explore(uint16_t connection);

#endif
