/* SPDX-License-Identifier: MIT */
/* The two ports of the board, from outside, and its memory. */
#ifndef BOARD_H
#define BOARD_H

#include "idf.h"

typedef struct {
    uint8_t *ring; /* the driver's, for input */
    size_t size, first, waiting, dropped;
    uint8_t output[1 << 20];
    _Atomic size_t sent;
} board_port;

extern board_port board_uart, board_usb;
extern _Atomic int board_usb_waits; /* how often the board waited in vain for a USB host that reads */
extern uint32_t board_rate;
extern size_t board_sent_before_rate;
extern size_t board_torn;              /* bytes that were on their way when the rate changed */
extern size_t board_sent_before_panic; /* by the UART when ESP-IDF's panic handler begins to print, */
extern uint64_t board_us_before_panic; /* so long after the panic */
extern char board_rom_output[256];     /* what was printed past every driver */

/* Internal heap that is left. At start the least that was free under ESP-IDF 5.3.1 for ESP32-C3 in QEMU, without
 * radios, and no PSRAM. */
extern size_t board_heap;

/* What the host sends. The driver's ring takes it while it has room. */
void board_type(board_port *port, const void *data, size_t length);
void board_set_uart_stuck(bool is_so); /* nothing goes out */
void board_set_usb_room(size_t room);  /* bytes that the host will take */

/* The tasks stand still from now on, and time passes only while somebody looks at the line, which carries the FIFO's
 * bytes at 115,200 baud, or nothing if it is dead. */
void board_panic(bool line_is_dead);

#endif
