/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backlog.h"
#include "clock.h"
#include "driver/uart.h"
#include "driver/usb_serial_jtag.h"
#include "esp_log.h"
#include "esp_rom_sys.h"
#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "hal/uart_ll.h"
#include "loop.h"
#include "port.h"

#define START_RATE 115200
#define PIECE 1024u
/* A host has 16 chunks of 1 KB on the line; nobody takes them up while a sector of the flash is being erased. Either
 * driver drops what its ring has no room for, that of USB after the host was told that it had come. The UART's ring is
 * in internal memory, that of USB, being larger than CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL, in PSRAM where there is any.
 */
#define RX_RING 20480
#define USB_TX_RING 4096
/* Longer than a USB host that reads does not, and than the UART's FIFO takes at 9,600 baud. */
#define PATIENCE pdMS_TO_TICKS(1000)
#define USB_DRAIN pdMS_TO_TICKS(100) /* before ESP-IDF 5.4 nothing tells when a host has taken everything */
/* The whole queue takes 0.7 s at 115,200 baud; before ESP-IDF 5.3.4 the panic handler's watchdog barks after 1 s. */
#define PANIC_PATIENCE_US 800000u
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
static backlog queue;
static SemaphoreHandle_t has_room; /* some was taken from it */
static TaskHandle_t writer;
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

/* As much at a time as the FIFO of 128 bytes takes: so what is in the queue has not gone out, also at a panic. */
static void write_uart(void *unused) {
    (void)unused;
    const uint8_t *start;
    for (;;) {
        const uint32_t length = hil_backlog_first(&queue, &start);
        if (length == 0) {
            ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
            continue;
        }
        const int taken = uart_tx_chars(UART_NUM_0, (const char *)start, length);
        hil_backlog_take(&queue, taken > 0 ? (uint32_t)taken : 0);
        xSemaphoreGive(has_room);
        (void)uart_wait_tx_done(UART_NUM_0, PATIENCE); /* if it takes longer, the FIFO may have no room yet */
    }
}

static void write_queue(const uint8_t *data, size_t length) {
    for (size_t at = 0; at < length;) {
        const uint32_t piece = length - at < PIECE ? (uint32_t)(length - at) : PIECE;
        while (hil_backlog_room(&queue) < piece) {
            xSemaphoreTake(has_room, portMAX_DELAY);
        }
        hil_backlog_put(&queue, &data[at], piece);
        xTaskNotifyGive(writer);
        at += piece;
    }
}

/* To USB all or nothing; a host that has gone costs one wait. To the UART as fast as the line is. */
void hil_console_write(void *ctx, const uint8_t *data, size_t length) {
    (void)ctx;
    xSemaphoreTakeRecursive(turn, portMAX_DELAY);
    const TickType_t wait = usb_speaks && usb_is_read ? PATIENCE : 0;
    usb_is_read = usb_serial_jtag_write_bytes(data, length, wait) == (int)length;
    if (!usb_speaks || hil_backlog_room(&queue) >= length) {
        write_queue(data, length);
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

/* What is still queued goes out before the panic handler's own text. Here interrupts are off, the other core stands
 * still and the cache is on, as for the handler itself, which --wrap=esp_panic_handler puts this in front of
 * (CMakeLists.txt). What is in the USB driver's ring is out of reach. */
void __real_esp_panic_handler(void *info);
void __wrap_esp_panic_handler(void *info);

static void flush_at_panic(void) {
    uart_dev_t *uart = UART_LL_GET_HW(UART_NUM_0);
    const uint64_t deadline = hil_clock_us() + PANIC_PATIENCE_US;
    const uint8_t *start;
    uint32_t length;
    while ((length = hil_backlog_first(&queue, &start)) > 0 && hil_clock_us() < deadline) {
        const uint32_t room = uart_ll_get_txfifo_len(uart);
        length = length < room ? length : room;
        uart_ll_write_txfifo(uart, start, length);
        hil_backlog_take(&queue, length);
    }
    const unsigned lost = (unsigned)(BACKLOG_SIZE - hil_backlog_room(&queue));
    if (lost > 0) {
        esp_rom_printf("\r\nE (%u) %s: %u bytes could not go out before the panic\r\n",
                       (unsigned)(hil_clock_us() / 1000), "console", lost);
    }
}

void __wrap_esp_panic_handler(void *info) {
    if (hil_backlog_room(&queue) < BACKLOG_SIZE) { /* else the clock may not even run yet */
        flush_at_panic();
    }
    __real_esp_panic_handler(info);
}

static esp_err_t drain_uart(void) {
    do { /* 8 KB take 9 s at 9,600 baud */
        ESP_ERROR_CHECK(esp_task_wdt_reset());
        vTaskDelay(1);
    } while (hil_backlog_room(&queue) < BACKLOG_SIZE);
    return uart_wait_tx_done(UART_NUM_0, PATIENCE); /* the FIFO of 128 bytes */
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
    xSemaphoreTakeRecursive(turn, portMAX_DELAY); /* nobody's line is on its way at either rate */
    esp_err_t result = drain_uart();
    result = result == ESP_OK ? uart_set_baudrate(UART_NUM_0, rate) : result;
    if (result != ESP_OK) {
        ESP_LOGE("console", "the line stays at its rate: %s", esp_err_to_name(result));
    }
    xSemaphoreGiveRecursive(turn);
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
    usb_serial_jtag_driver_config_t usb = {.tx_buffer_size = USB_TX_RING, .rx_buffer_size = RX_RING};
    fflush(stdout);
    (void)fsync(fileno(stdout)); /* uart_param_config drops what the FIFO still holds of ESP-IDF's own start-up log */
    esp_err_t result = uart_driver_install(UART_NUM_0, RX_RING, 0, 0, NULL, ESP_INTR_FLAG_IRAM);
    result = result == ESP_OK ? uart_param_config(UART_NUM_0, &line) : result;
    return result == ESP_OK ? usb_serial_jtag_driver_install(&usb) : result;
}

static bool start(TaskFunction_t run, const char *name, void *argument, TaskHandle_t *task) {
    return xTaskCreatePinnedToCore(run, name, TASK_STACK, argument, TASK_PRIORITY, task, CORE) == pdPASS;
}

esp_err_t hil_console_init(void) {
    turn = xSemaphoreCreateRecursiveMutex();
    has_room = xSemaphoreCreateBinary();
    if (turn == NULL || has_room == NULL) {
        return ESP_ERR_NO_MEM;
    }
    const esp_err_t result = install();
    if (result != ESP_OK) {
        return result;
    }
    const bool is_started = start(write_uart, "uart_out", NULL, &writer) &&
                            start(read_on, "uart_in", &inputs[0], &inputs[0].task) &&
                            start(read_on, "usb_in", &inputs[1], &inputs[1].task);
    if (is_started) {
        esp_log_set_vprintf(write_log);
    }
    return is_started ? ESP_OK : ESP_ERR_NO_MEM;
}
