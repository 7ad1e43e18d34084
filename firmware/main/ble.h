/* SPDX-License-Identifier: MIT */
/*
 * BLE over NimBLE: the connection (ble.c), and what is offered and looked for on it (ble_gatt.c). NimBLE is started for
 * each opening of the link, so that nothing is left of the one before. Codes are NimBLE's, 0 for success.
 */
#ifndef BLE_H
#define BLE_H

#include "host/ble_hs.h"

#include "links.h"

int hil_ble_add_service(const uint8_t mac[6]);
int hil_ble_advertise(void);
int hil_ble_connect(const char *mac);
int hil_ble_explore(
    uint16_t connection); /* finds the peer's service and subscribes: ends in hil_ble_up or hil_ble_fail */

int hil_ble_on_event(struct ble_gap_event *event, void *unused);
void hil_ble_received(uint16_t connection, const struct os_mbuf *frame);
/* All return 0. */
int hil_ble_up(uint16_t handle); /* of what frames are written to, or notified on */
int hil_ble_fail(sn_error code, const char *text, int detail);

#endif
