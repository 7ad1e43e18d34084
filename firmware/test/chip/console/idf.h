/* SPDX-License-Identifier: MIT */
/* What firmware/main/console.c uses of ESP-IDF, on POSIX threads: tasks, their synchronization, and two ports. */
#ifndef CONSOLE_IDF_H
#define CONSOLE_IDF_H

#include <stdarg.h>

#include "../idf.h"

#undef ESP_LOGE
#define ESP_LOGE(tag, format, ...) board_log(format "\n", __VA_ARGS__)
#define esp_err_to_name(code) ((code) == ESP_OK ? "ESP_OK" : "an error")
void board_log(const char *format, ...);
void esp_log_set_vprintf(int (*print)(const char *format, va_list arguments));

typedef struct task *TaskHandle_t;
typedef void (*TaskFunction_t)(void *argument);
typedef void *SemaphoreHandle_t;
typedef struct stream *StreamBufferHandle_t;
#define pdPASS 1
#define pdMS_TO_TICKS(ms) (ms)
int xTaskCreatePinnedToCore(TaskFunction_t run, const char *name, uint32_t stack, void *argument, unsigned priority,
                            TaskHandle_t *task, int core);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
void xTaskNotifyGive(TaskHandle_t task);
uint32_t ulTaskNotifyTake(int clear, TickType_t wait);
#define esp_task_wdt_reset() ESP_OK
SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void);
int xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, TickType_t wait);
int xSemaphoreGiveRecursive(SemaphoreHandle_t mutex);
StreamBufferHandle_t xStreamBufferCreate(size_t size, size_t trigger);
size_t xStreamBufferSend(StreamBufferHandle_t stream, const void *data, size_t length, TickType_t wait);
size_t xStreamBufferReceive(StreamBufferHandle_t stream, void *to, size_t length, TickType_t wait);
size_t xStreamBufferSpacesAvailable(StreamBufferHandle_t stream);

#define UART_NUM_0 0
#define ESP_INTR_FLAG_IRAM 0
enum { UART_DATA_8_BITS, UART_PARITY_DISABLE, UART_STOP_BITS_1, UART_HW_FLOWCTRL_DISABLE, UART_SCLK_DEFAULT };
typedef struct {
    int baud_rate, data_bits, parity, stop_bits, flow_ctrl, source_clk;
} uart_config_t;
#define uart_driver_install(port, rx, tx, events, queue, flags) ((void)(rx), ESP_OK)
#define uart_param_config(port, config) ((void)(config), ESP_OK)
int uart_read_bytes(int port, void *to, uint32_t length, TickType_t wait);
int uart_write_bytes(int port, const void *data, size_t length);
#define uart_wait_tx_done(port, wait) ESP_OK
esp_err_t uart_set_baudrate(int port, uint32_t rate);

typedef struct {
    uint32_t tx_buffer_size, rx_buffer_size;
} usb_serial_jtag_driver_config_t;
#define usb_serial_jtag_driver_install(config) ((void)(config), ESP_OK)
int usb_serial_jtag_read_bytes(void *to, uint32_t length, TickType_t wait);
int usb_serial_jtag_write_bytes(const void *data, size_t length, TickType_t wait);

#endif
