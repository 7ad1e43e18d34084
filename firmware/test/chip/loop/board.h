/* SPDX-License-Identifier: MIT */
/* What the test and its double of ESP-IDF share. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

void test_on_turn(void);                        /* the watchdog was fed */
extern unsigned board_delays;                   /* ticks spent in vTaskDelay */
extern int board_selects_without_memory;        /* to come */
extern size_t board_psram, board_internal_heap; /* bytes that are left */
extern uint32_t board_ticks;                    /* what ESP-IDF's own clock of its log shows, in ms */

#endif
