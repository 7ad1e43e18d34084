/* SPDX-License-Identifier: MIT */
/* The board's clock, which log lines, both ours and ESP-IDF's, deadlines and stages go by (docs/protocol.md, 2.1). */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Goes on from where ESP-IDF's log is. Before anything asks for the time; once. */
void hil_clock_init(void);

/* Since boot. From any task and from interrupts, with the cache on or off. */
uint64_t hil_clock_us(void);

#endif
