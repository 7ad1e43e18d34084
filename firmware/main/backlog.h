/* SPDX-License-Identifier: MIT */
/*
 * Bytes that wait for the UART. One task puts at a time, one takes. It needs no lock, so that it can be emptied even
 * when everything has stopped where it was, in a panic: what has been put whole is there, what has been taken is not.
 */
#ifndef BACKLOG_H
#define BACKLOG_H

#include <stdatomic.h>
#include <stdint.h>

#define BACKLOG_SIZE 8192u /* a power of two */

typedef struct {
    _Atomic uint32_t put, taken; /* bytes, ever */
    uint8_t bytes[BACKLOG_SIZE];
} backlog;

uint32_t hil_backlog_room(backlog *from);
/* There must be room. */
void hil_backlog_put(backlog *to, const uint8_t *data, uint32_t length);
/* The first bytes, as many as lie in a row; 0: there are none. */
uint32_t hil_backlog_first(backlog *from, const uint8_t **start);
void hil_backlog_take(backlog *from, uint32_t length);

#endif
