/* SPDX-License-Identifier: MIT */
/* The two ports of the board, from outside. */
#ifndef BOARD_H
#define BOARD_H

#include "idf.h"

typedef struct {
    int input[2]; /* a pipe: written to by the test */
    uint8_t output[1 << 20];
    _Atomic size_t sent;
} board_port;

extern board_port board_uart, board_usb;
extern _Atomic int board_usb_waits; /* how often the board waited in vain for a USB host that reads */
extern uint32_t board_rate;
extern size_t board_sent_before_rate;

void board_plug_in(void);
void board_set_uart_stuck(bool is_so); /* nothing goes out */
void board_set_usb_room(size_t room);  /* bytes that the host will take */

#endif
