/* SPDX-License-Identifier: MIT */
/* The two ports, as their drivers show them, the log and the clock. */
#include "idf.h"

#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "ports.h"

#define FIFO 128u       /* SOC_UART_FIFO_LEN */
#define USB_PACKET 64u  /* USB_SER_JTAG_ENDP_SIZE */
#define BYTE_US 87u     /* at 115,200 baud */
#define FASTEST 5000000 /* SOC_UART_BITRATE_MAX */

board_port board_uart, board_usb;
_Atomic int board_usb_waits;
uint32_t board_rate = 115200;
size_t board_sent_before_rate, board_torn;
char board_rom_output[256];
size_t board_sent_before_panic;
uint64_t board_us_before_panic;
static bool is_stuck, is_panicking, is_dead, is_waited_for;
static uint8_t fifo[FIFO];
static _Atomic size_t fifo_count;
static uint8_t *usb_tx;
static size_t usb_tx_size, usb_tx_count, usb_room = SIZE_MAX;
static uint64_t panic_us;

static void put(board_port *port, const void *data, size_t length) {
    memcpy(&port->output[port->sent], data, length);
    port->sent += length;
}

static void let_fifo_out(size_t most) {
    const size_t length = fifo_count < most ? fifo_count : most;
    put(&board_uart, fifo, length);
    fifo_count -= length;
    memmove(fifo, &fifo[length], fifo_count);
}

void board_set_uart_stuck(bool is_so) {
    pthread_mutex_lock(&board_lock);
    is_stuck = is_so;
    board_end_change();
}

static void let_usb_out(void) {
    const size_t length = usb_tx_count < usb_room ? usb_tx_count : usb_room;
    put(&board_usb, usb_tx, length);
    usb_tx_count -= length;
    usb_room -= length;
    memmove(usb_tx, &usb_tx[length], usb_tx_count);
}

void board_set_usb_room(size_t room) {
    pthread_mutex_lock(&board_lock);
    usb_room = room;
    let_usb_out();
    board_end_change();
}

void board_panic(bool line_is_dead) {
    pthread_mutex_lock(&board_lock);
    while (is_stuck && !is_waited_for) { /* until the task that writes stands still */
        pthread_cond_wait(&board_changed, &board_lock);
    }
    is_panicking = true;
    is_dead = line_is_dead;
    panic_us = 0;
    pthread_mutex_unlock(&board_lock);
}

/* Whole packets only: one that the ring has no room for is lost, its host having been told that it had come. */
void board_type(board_port *port, const void *data, size_t length) {
    const size_t packet = port == &board_usb ? USB_PACKET : 1;
    const size_t beyond = port == &board_usb ? 0 : FIFO; /* what the UART's own FIFO keeps while the ring is full */
    pthread_mutex_lock(&board_lock);
    for (size_t at = 0; at < length; at += packet) {
        const size_t size = packet < length - at ? packet : length - at;
        if (size > port->size + beyond - port->waiting) {
            port->dropped += size;
            continue;
        }
        for (size_t i = 0; i < size; i++) {
            port->ring[(port->first + port->waiting++) % (port->size + beyond)] = ((const uint8_t *)data)[at + i];
        }
    }
    board_end_change();
}

static size_t take(board_port *port, uint8_t *to, size_t most, size_t size) {
    const size_t in_a_row = size - port->first;
    size_t length = port->waiting < most ? port->waiting : most;
    length = length < in_a_row ? length : in_a_row;
    memcpy(to, &port->ring[port->first], length);
    port->first = (port->first + length) % size;
    port->waiting -= length;
    return length;
}

/* esp_driver_uart/src/uart.c: takes the receive ring, from internal memory since the interrupt runs while the cache is
 * off (CONFIG_UART_ISR_IN_IRAM), and some 1.5 KB; a ring must be larger than the FIFO. */
esp_err_t uart_driver_install(int port, int rx_size, int tx_size, int events, void *queue, int flags) {
    (void)port, (void)events, (void)queue, (void)flags;
    if (rx_size <= (int)FIFO || tx_size != 0 || !board_allocate((size_t)rx_size + 1500)) {
        return ESP_FAIL;
    }
    board_uart.size = (size_t)rx_size;
    board_uart.ring = malloc(board_uart.size + FIFO);
    return ESP_OK;
}

/* esp_driver_uart/src/uart.c: takes nothing; empties both FIFOs. */
esp_err_t uart_param_config(int port, const uart_config_t *config) {
    (void)port;
    board_rate = (uint32_t)config->baud_rate;
    fifo_count = 0;
    return ESP_OK;
}

/* esp_driver_uart/src/uart.c: waits, each time anew, until it has all that was asked for; here without end or not at
 * all. */
int uart_read_bytes(int port, void *to, uint32_t length, TickType_t wait) {
    (void)port;
    size_t taken = 0;
    pthread_mutex_lock(&board_lock);
    while (taken < length && (board_uart.waiting > 0 || wait != 0)) {
        if (board_uart.waiting == 0) {
            pthread_cond_wait(&board_changed, &board_lock);
        }
        taken += take(&board_uart, (uint8_t *)to + taken, length - taken, board_uart.size + FIFO);
    }
    board_end_change();
    return (int)taken;
}

/* esp_driver_uart/src/uart.c: takes what finds room in the FIFO; waits only for whoever else writes. */
int uart_tx_chars(int port, const char *data, uint32_t length) {
    (void)port;
    pthread_mutex_lock(&board_lock);
    const size_t taken = length < FIFO - fifo_count ? length : FIFO - fifo_count;
    memcpy(&fifo[fifo_count], data, taken);
    fifo_count += taken;
    pthread_mutex_unlock(&board_lock);
    return (int)taken;
}

/* esp_driver_uart/src/uart.c: waits until the last bit is out; others who write wait meanwhile. (Here bytes only go out
 * while somebody waits for them.) */
esp_err_t uart_wait_tx_done(int port, TickType_t wait) {
    (void)port;
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += wait / 1000;
    int ended = 0;
    pthread_mutex_lock(&board_lock);
    is_waited_for = true;
    pthread_cond_broadcast(&board_changed);
    while (is_panicking || (is_stuck && fifo_count > 0 && ended == 0)) {
        ended = pthread_cond_timedwait(&board_changed, &board_lock, &end);
    }
    is_waited_for = false;
    let_fifo_out(is_stuck ? 0 : FIFO);
    const esp_err_t result = fifo_count == 0 ? ESP_OK : ESP_ERR_TIMEOUT;
    board_end_change();
    return result;
}

/* esp_driver_uart/src/uart.c: at once, in the middle of what is going out; ESP_FAIL for a rate that the clock cannot be
 * divided down to. */
esp_err_t uart_set_baudrate(int port, uint32_t rate) {
    (void)port;
    if (rate > FASTEST) {
        return ESP_FAIL;
    }
    board_sent_before_rate = board_uart.sent;
    const size_t before = board_uart.sent + fifo_count;
    usleep(2000); /* a task of higher priority that is ready goes on first */
    board_torn += board_uart.sent + fifo_count - before;
    board_rate = rate;
    return ESP_OK;
}

/* hal/esp32s3/include/hal/uart_ll.h: an address; takes nothing. */
uart_dev_t *board_uart_registers(int port) {
    static uart_dev_t registers[1];
    return &registers[port];
}

/* hal/esp32s3/include/hal/uart_ll.h: a register: how many bytes find room. While one looks, some bytes go out. */
uint32_t uart_ll_get_txfifo_len(uart_dev_t *uart) {
    (void)uart;
    panic_us += BYTE_US;
    let_fifo_out(is_dead ? 0 : 1);
    return (uint32_t)(FIFO - fifo_count);
}

/* hal/esp32s3/include/hal/uart_ll.h: a register; what finds no room is lost. */
void uart_ll_write_txfifo(uart_dev_t *uart, const uint8_t *data, uint32_t length) {
    (void)uart;
    const size_t taken = length < FIFO - fifo_count ? length : FIFO - fifo_count;
    memcpy(&fifo[fifo_count], data, taken);
    fifo_count += taken;
}

/* esp_driver_usb_serial_jtag/src/usb_serial_jtag.c: takes both rings by malloc(), which is in internal memory, but for
 * what is larger than 16 KB where there is PSRAM; a ring must be larger than a packet. */
esp_err_t usb_serial_jtag_driver_install(usb_serial_jtag_driver_config_t *config) {
    if (config->rx_buffer_size <= USB_PACKET || config->tx_buffer_size == 0) {
        return ESP_ERR_INVALID_ARG;
    }
    if (!board_allocate(config->rx_buffer_size + config->tx_buffer_size + 400)) {
        return ESP_ERR_NO_MEM;
    }
    board_usb.size = config->rx_buffer_size;
    board_usb.ring = malloc(board_usb.size);
    usb_tx_size = config->tx_buffer_size;
    usb_tx = malloc(usb_tx_size);
    return ESP_OK;
}

/* esp_driver_usb_serial_jtag/src/usb_serial_jtag.c: waits for a byte, and takes no more than lie in a row in the ring.
 */
int usb_serial_jtag_read_bytes(void *to, uint32_t length, TickType_t wait) {
    pthread_mutex_lock(&board_lock);
    while (board_usb.waiting == 0 && wait != 0) {
        pthread_cond_wait(&board_changed, &board_lock);
    }
    const size_t taken = take(&board_usb, to, length, board_usb.size);
    board_end_change();
    return (int)taken;
}

/* esp_driver_usb_serial_jtag/src/usb_serial_jtag.c: all or nothing, into a ring, and at once nothing of what is larger
 * than that; waits for room. (A wait is counted and ends at once: nobody would make room.) */
int usb_serial_jtag_write_bytes(const void *data, size_t length, TickType_t wait) {
    pthread_mutex_lock(&board_lock);
    const bool has_room = length <= usb_tx_size - usb_tx_count;
    if (has_room) {
        memcpy(&usb_tx[usb_tx_count], data, length);
        usb_tx_count += length;
        let_usb_out();
    } else if (length <= usb_tx_size && wait != 0) {
        board_usb_waits++;
    }
    board_end_change();
    return has_room ? (int)length : 0;
}

static int (*log_print)(const char *format, va_list arguments) = vprintf;

/* log/log.c (5.3), log/src/os/log_write.c (5.5): takes nothing; from then on any task's log calls it, in that task. */
void esp_log_set_vprintf(int (*print)(const char *format, va_list arguments)) {
    log_print = print;
}

void board_log(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    log_print(format, arguments);
    va_end(arguments);
}

/* esp_rom/include/esp_rom_sys.h, in the ROM: waits for the FIFO, byte by byte, past every driver. */
int esp_rom_printf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(board_rom_output, sizeof board_rom_output, format, arguments);
    va_end(arguments);
    return length;
}

/* esp_timer/src/esp_timer_impl_systimer.c: a counter's value, from any context; crashes before esp_timer is set up. */
int64_t esp_timer_get_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return is_panicking ? (int64_t)panic_us : (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* log/log_freertos.c (5.3), log/src/os/log_timestamp.c (5.5): FreeRTOS' ticks, counted from before esp_timer begins. */
uint32_t esp_log_timestamp(void) {
    return (uint32_t)(esp_timer_get_time() / 1000) + 250;
}

/* esp_system/panic.c: prints byte by byte, as the FIFO has room, then resets. The RTC's watchdog gives it 10 s, before
 * 5.3.4 1 s, from when it is called; interrupts are off. */
void esp_panic_handler(void *info) {
    (void)info;
    for (uint32_t i = 0; i < 2 * FIFO; i++) { /* its first byte comes behind what the FIFO holds */
        (void)uart_ll_get_txfifo_len(NULL);
    }
    board_sent_before_panic = board_uart.sent;
    board_us_before_panic = panic_us;
}
