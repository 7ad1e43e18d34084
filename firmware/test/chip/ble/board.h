/* SPDX-License-Identifier: MIT */
/* NimBLE and its controller, as the tests of ble.c see them. */
#ifndef BOARD_H
#define BOARD_H

#include "ble.h"

extern size_t board_psram, board_internal_heap; /* bytes that are left */
extern int board_buffers;                       /* of both pools of msys */
extern bool board_host_is_on;
extern bool board_advertises;
extern uint16_t board_connection; /* the one there is; BLE_HS_CONN_HANDLE_NONE */
extern uint16_t board_sent_on;    /* where the last frame went */
extern int board_frames;          /* handed to links.c */
extern int board_waits;           /* for room to send */

/* The central's side. */
void board_connects(uint16_t handle, bool tell);
void board_tell_connected(uint16_t handle, int status);
void board_asks(uint16_t mtu); /* for the MTU, before the board has */
void board_subscribes(uint16_t handle);
void board_agrees(uint16_t mtu); /* answers what was asked last by exchange_mtu */
void board_writes(uint16_t handle);
void board_notifies(uint16_t handle);
void board_disconnects(uint16_t handle);

/* As the controller does once it has sent it. */
void board_free_frame(struct os_mbuf *frame);

/* What the event task was told last, as "up" or "down <code>: <text>"; empty if nothing since. */
const char *board_told(void);

#endif
