/* SPDX-License-Identifier: MIT */
/* What the parts of the double share. */
#ifndef PORTS_H
#define PORTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

extern pthread_mutex_t board_lock;
extern pthread_cond_t board_changed;
void board_end_change(void);      /* wakes whoever waits, and unlocks */
bool board_allocate(size_t size); /* from the internal heap, for good; false: it has no room */

#endif
