/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <stdbool.h>

#include "clock.h"
#include "esp_heap_caps.h"
#include "esp_random.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "hash.h"
#include "links.h"

#define INTERNAL (MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT)
#define DMA (MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA)

static uint64_t now_us(void *ctx) {
    (void)ctx;
    return hil_clock_us();
}

static uint32_t random_u32(void *ctx) {
    (void)ctx;
    return esp_random();
}

static void restart(void *ctx) {
    (void)ctx;
    hil_console_drain();
    esp_restart();
}

static uint32_t figure(void *ctx, sn_figure which) {
    static const struct {
        size_t (*measure)(uint32_t where);
        uint32_t where;
    } figures[] = {
        [SN_FIGURE_HEAP_FREE] = {heap_caps_get_free_size, INTERNAL},
        [SN_FIGURE_HEAP_LEAST] = {heap_caps_get_minimum_free_size, INTERNAL},
        [SN_FIGURE_HEAP_BLOCK] = {heap_caps_get_largest_free_block, INTERNAL},
        [SN_FIGURE_DMA_FREE] = {heap_caps_get_free_size, DMA},
        [SN_FIGURE_DMA_LEAST] = {heap_caps_get_minimum_free_size, DMA},
        [SN_FIGURE_DMA_BLOCK] = {heap_caps_get_largest_free_block, DMA},
        [SN_FIGURE_PSRAM_FREE] = {heap_caps_get_free_size, MALLOC_CAP_SPIRAM},
        [SN_FIGURE_PSRAM_LEAST] = {heap_caps_get_minimum_free_size, MALLOC_CAP_SPIRAM},
    };
    (void)ctx;
    const uint32_t where = figures[which].where;
    return heap_caps_get_total_size(where) != 0 ? figures[which].measure(where) : SN_NO_FIGURE;
}

/* The tasks whose stacks are as deep as this firmware makes them; those of the radios come and go. A name that another
 * version of ESP-IDF has changed is absent. A task that ends meanwhile does no harm: its stack stays readable. */
static bool next_stack(void *ctx, uint32_t *index, sn_stack *stack) {
    static const char *const tasks[] = {"main", "inference", "links",     "uart_in", "usb_in",       "uart_out",
                                        "tiT",  "sys_evt",   "esp_timer", "wifi",    "btController", "nimble_host"};
    (void)ctx;
    while (*index < sizeof tasks / sizeof tasks[0]) {
        stack->task = tasks[(*index)++];
        const TaskHandle_t task = xTaskGetHandle(stack->task);
        if (task != NULL) {
            stack->reserve = uxTaskGetStackHighWaterMark(task); /* bytes, as ESP-IDF's StackType_t is one */
            return true;
        }
    }
    return false;
}

#ifdef SN_TEST_BUILD
static void crash(void *ctx) {
    (void)ctx;
    volatile uint32_t *volatile nowhere = NULL;
    *nowhere = 0;
}

/* The task watchdog ends it. */
static void hang(void *ctx) {
    (void)ctx;
    for (;;) {
    }
}
#endif

const sn_port hil_port_table = {
    .now_us = now_us,
    .random_u32 = random_u32,
    .restart = restart,
    .hmac_sha256 = hil_hmac_sha256,
    .console_write = hil_console_write,
    .console_baud = hil_console_baud,
    .figure = figure,
    .next_stack = next_stack,
    .slot_size = hil_slot_size,
    .slot_read = hil_slot_read,
    .slot_sha256 = hil_slot_sha256,
    .model_open = hil_model_open,
    .input_load = hil_input_load,
    .invoke = hil_invoke,
    .operator_times = hil_operator_times,
    .wifi_join = hil_wifi_join,
    .link_open = hil_link_open,
    .link_close = hil_link_close,
    .link_send = hil_link_send,
    .link_frame_limit = hil_link_frame_limit,
    .update_begin = hil_update_begin,
    .update_write = hil_update_write,
    .update_end = hil_update_end,
    .update_confirm = hil_update_confirm,
#ifdef SN_TEST_BUILD
    .crash = crash,
    .hang = hang,
#endif
};
