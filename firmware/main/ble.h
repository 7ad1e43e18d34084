/* SPDX-License-Identifier: MIT */
/*
 * BLE over NimBLE: what its three parts share. NimBLE is started for each opening of the link, so that nothing is left
 * of the one before. All of this runs in its task; codes are NimBLE's, 0 for success.
 */
#ifndef BLE_H
#define BLE_H

#include "host/ble_hs.h"

#include "links.h"

extern const ble_uuid128_t ble_to_peripheral, ble_to_central; /* the characteristics of protocol 1.6 */

int ble_add_service(const uint8_t mac[6]);
int ble_advertise(void);
bool ble_is_subscription(const struct ble_gap_event *event); /* of the peripheral's frames, begun or ended? */

int ble_connect(const char *mac);
int ble_explore(uint16_t connection); /* finds the peer's service and subscribes: ends in ble_up or ble_fail */

int ble_on_event(struct ble_gap_event *event, void *unused);
void ble_received(const struct os_mbuf *frame);
void ble_up(uint16_t handle);                              /* of what frames are written to, or notified on */
int ble_fail(sn_error code, const char *text, int detail); /* returns 0 */

#endif
