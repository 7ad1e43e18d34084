/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/uart.h"
#include "driver/usb_serial_jtag.h"
#include "esp_log.h"
#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/stream_buffer.h"
#include "freertos/task.h"
#include "loop.h"
#include "port.h"

#define START_RATE 115200
#define PIECE 1024u
/* A host has 16 chunks of 1 KB on the line; nobody takes them up while a sector of the flash is being erased. */
#define UART_RX_RING 20480
#define UART_TX_QUEUE 8192
#define USB_RING 4096
#define USB_PATIENCE pdMS_TO_TICKS(1000) /* longer than a host that reads at all does not */
#define USB_DRAIN pdMS_TO_TICKS(100)     /* before ESP-IDF 5.4 nothing tells when a host has taken everything */
#define TASK_STACK 3072
#define TASK_PRIORITY 11 /* above the event task's, which waits when the line is slow */
#define CORE 0           /* the other one is inference's */

typedef struct {
    int (*take)(void *to, uint32_t length, TickType_t wait);
    TaskHandle_t task;
    uint32_t length;
    uint8_t piece[PIECE];
} input;

static int take_uart(void *to, uint32_t length, TickType_t wait) {
    return uart_read_bytes(UART_NUM_0, to, length, wait);
}

static int take_usb(void *to, uint32_t length, TickType_t wait) {
    return usb_serial_jtag_read_bytes(to, length, wait);
}

static input inputs[] = {{.take = take_uart}, {.take = take_usb}};
static SemaphoreHandle_t turn; /* recursive: a driver that complains does so by the log */
/* In front of the UART. The driver's own transmit buffer would let a writer spin, not sleep, while it is full. */
static StreamBufferHandle_t queue;
static _Atomic uint32_t queued, written;
/* What the last input came from loses nothing; the other output gets what finds room, and holds nobody up. */
static _Atomic bool usb_speaks, usb_is_read;

static uint64_t deliver(sn_node *node, const loop_event *event) {
    const input *from = &inputs[event->a];
    const uint64_t deadline = sn_node_on_console(node, from->piece, from->length);
    xTaskNotifyGive(from->task);
    return deadline;
}

/* One task for each input: waits for a byte, takes with it what else is there, and waits until the core has it.
 * Meanwhile the driver keeps what comes, so that a busy line does not fill the loop's queue. */
static void read_on(void *argument) {
    input *from = argument;
    from->task = xTaskGetCurrentTaskHandle();
    for (;;) {
        if (from->take(from->piece, 1, portMAX_DELAY) != 1) {
            continue;
        }
        usb_speaks = usb_is_read = from->take == take_usb;
        const int more = from->take(&from->piece[1], PIECE - 1, 0);
        from->length = 1 + (uint32_t)(more > 0 ? more : 0);
        hil_loop_post_wait(&(loop_event){.deliver = deliver, .a = (uint32_t)(from - inputs)});
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    }
}

static void write_uart(void *unused) {
    (void)unused;
    static uint8_t piece[PIECE];
    for (;;) {
        const size_t length = xStreamBufferReceive(queue, piece, sizeof piece, portMAX_DELAY);
        uart_write_bytes(UART_NUM_0, piece, length);
        written += length;
    }
}

/* To USB all or nothing; a host that has gone costs one wait. To the UART as fast as the line is. */
void hil_console_write(void *ctx, const uint8_t *data, size_t length) {
    (void)ctx;
    xSemaphoreTakeRecursive(turn, portMAX_DELAY);
    const TickType_t wait = usb_speaks && usb_is_read ? USB_PATIENCE : 0;
    usb_is_read = usb_serial_jtag_write_bytes(data, length, wait) == (int)length;
    if (!usb_speaks || xStreamBufferSpacesAvailable(queue) >= length) {
        queued += xStreamBufferSend(queue, data, length, portMAX_DELAY);
    }
    xSemaphoreGiveRecursive(turn);
}

/* Log lines come in pieces and from many tasks. So that they tear no frame of the core, each goes out whole. */
static int write_log(const char *format, va_list arguments) {
    static char line[256];
    static size_t used;
    const size_t most = sizeof line - 2; /* CR LF come behind it */
    xSemaphoreTakeRecursive(turn, portMAX_DELAY);
    const int length = vsnprintf(&line[used], most - used, format, arguments);
    if (length > 0) {
        used = used + (size_t)length < most ? used + (size_t)length : most - 1;
    }
    if (used > 0 && (line[used - 1] == '\n' || used == most - 1)) {
        const size_t text = line[used - 1] == '\n' ? used - 1 : used;
        memcpy(&line[text], "\r\n", 2);
        used = 0;
        hil_console_write(NULL, (const uint8_t *)line, text + 2);
    }
    xSemaphoreGiveRecursive(turn);
    return length;
}

static esp_err_t drain_uart(void) {
    do { /* 8 KB take 9 s at 9,600 baud */
        ESP_ERROR_CHECK(esp_task_wdt_reset());
        vTaskDelay(1);
    } while (written != queued);
    return uart_wait_tx_done(UART_NUM_0, USB_PATIENCE); /* the FIFO of 128 bytes */
}

void hil_console_drain(void) {
    (void)drain_uart(); /* a restart comes, whatever was lost */
    vTaskDelay(USB_DRAIN);
}

void hil_console_baud(void *ctx, uint32_t rate) {
    (void)ctx;
    if (usb_speaks) {
        return; /* which has no rate */
    }
    esp_err_t result = drain_uart();
    result = result == ESP_OK ? uart_set_baudrate(UART_NUM_0, rate) : result;
    if (result != ESP_OK) {
        ESP_LOGE("console", "the line stays at its rate: %s", esp_err_to_name(result));
    }
}

static esp_err_t install(void) {
    const uart_config_t line = {
        .baud_rate = START_RATE,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
        .source_clk = UART_SCLK_DEFAULT,
    };
    usb_serial_jtag_driver_config_t usb = {.tx_buffer_size = USB_RING, .rx_buffer_size = USB_RING};
    fflush(stdout);
    (void)fsync(fileno(stdout)); /* uart_param_config drops what the FIFO still holds of ESP-IDF's own start-up log */
    esp_err_t result = uart_driver_install(UART_NUM_0, UART_RX_RING, 0, 0, NULL, ESP_INTR_FLAG_IRAM);
    result = result == ESP_OK ? uart_param_config(UART_NUM_0, &line) : result;
    return result == ESP_OK ? usb_serial_jtag_driver_install(&usb) : result;
}

static bool start(TaskFunction_t run, const char *name, void *argument) {
    return xTaskCreatePinnedToCore(run, name, TASK_STACK, argument, TASK_PRIORITY, NULL, CORE) == pdPASS;
}

esp_err_t hil_console_init(void) {
    turn = xSemaphoreCreateRecursiveMutex();
    queue = xStreamBufferCreate(UART_TX_QUEUE, 1);
    if (turn == NULL || queue == NULL) {
        return ESP_ERR_NO_MEM;
    }
    const esp_err_t result = install();
    if (result != ESP_OK) {
        return result;
    }
    esp_log_set_vprintf(write_log);
    const bool is_running = start(write_uart, "uart_out", NULL) && start(read_on, "uart_in", &inputs[0]) &&
                            start(read_on, "usb_in", &inputs[1]);
    return is_running ? ESP_OK : ESP_ERR_NO_MEM;
}
