/* SPDX-License-Identifier: MIT */
/* The driver, the air and the event task of the tests of wifi.c. */
#ifndef BOARD_H
#define BOARD_H

#include "links.h"

#include "idf.h"

extern esp_err_t board_stop_code;  /* of a stop before the first start */
extern esp_err_t board_start_code; /* of each start, until it is ESP_OK again */
extern int board_stops, board_starts;
extern wifi_ps_type_t board_sleep;
extern wifi_config_t board_config;

void board_boot(void);
/* Hands what has been posted to the handlers, as the task of the default event loop does. */
void board_run_events(void);
/* The network interface's; 0: the access point was lost, and esp_netif's own handler has been told. */
void board_set_address(uint32_t to);
void board_post(esp_event_base_t base, int32_t id, const void *data, size_t size);
/* The access point lets the board in; `last` is the last byte of its address. */
void board_let_in(uint8_t last);

/* What the event task was told last, as "up <address>" or "down <code>: <text>"; empty if nothing since. */
const char *board_told(void);

#endif
