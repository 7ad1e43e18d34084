/* SPDX-License-Identifier: MIT */
/* What firmware/main/console.c uses of ESP-IDF, on POSIX threads: tasks, their synchronization, and two ports. */
#ifndef CONSOLE_IDF_H
#define CONSOLE_IDF_H

#include <stdarg.h>

#include "../idf.h"

#undef ESP_LOGE
#define ESP_LOGE(tag, format, ...) board_log(format "\n", __VA_ARGS__)
void board_log(const char *format, ...);
void esp_log_set_vprintf(int (*print)(const char *format, va_list arguments));
int esp_rom_printf(const char *format, ...);

typedef void (*TaskFunction_t)(void *argument);
typedef struct semaphore *SemaphoreHandle_t;
#define pdPASS 1
int xTaskCreatePinnedToCore(TaskFunction_t run, const char *name, uint32_t stack, void *argument, unsigned priority,
                            TaskHandle_t *task, int core);
SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void);
int xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, TickType_t wait);
int xSemaphoreGiveRecursive(SemaphoreHandle_t mutex);
SemaphoreHandle_t xSemaphoreCreateBinary(void);
int xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t wait);
int xSemaphoreGive(SemaphoreHandle_t semaphore);

#define UART_NUM_0 0
#define ESP_INTR_FLAG_IRAM 0
enum { UART_DATA_8_BITS, UART_PARITY_DISABLE, UART_STOP_BITS_1, UART_HW_FLOWCTRL_DISABLE, UART_SCLK_DEFAULT };
typedef struct {
    int baud_rate, data_bits, parity, stop_bits, flow_ctrl, source_clk;
} uart_config_t;
esp_err_t uart_driver_install(int port, int rx_size, int tx_size, int events, void *queue, int flags);
esp_err_t uart_param_config(int port, const uart_config_t *config);
int uart_read_bytes(int port, void *to, uint32_t length, TickType_t wait);
int uart_tx_chars(int port, const char *data, uint32_t length);
esp_err_t uart_wait_tx_done(int port, TickType_t wait);
esp_err_t uart_set_baudrate(int port, uint32_t rate);

typedef int uart_dev_t;
uart_dev_t *board_uart_registers(int port);
#define UART_LL_GET_HW board_uart_registers
uint32_t uart_ll_get_txfifo_len(uart_dev_t *uart);
void uart_ll_write_txfifo(uart_dev_t *uart, const uint8_t *data, uint32_t length);

typedef struct {
    uint32_t tx_buffer_size, rx_buffer_size;
} usb_serial_jtag_driver_config_t;
esp_err_t usb_serial_jtag_driver_install(usb_serial_jtag_driver_config_t *config);
int usb_serial_jtag_read_bytes(void *to, uint32_t length, TickType_t wait);
int usb_serial_jtag_write_bytes(const void *data, size_t length, TickType_t wait);

#endif
