/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <stdbool.h>

#include "clock.h"
#include "esp_heap_caps.h"
#include "esp_random.h"
#include "esp_system.h"
#include "links.h"

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
    (void)ctx;
    const bool is_heap = which == SN_FIGURE_HEAP_FREE || which == SN_FIGURE_HEAP_LEAST;
    const uint32_t where = is_heap ? MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT : MALLOC_CAP_SPIRAM;
    return which == SN_FIGURE_HEAP_FREE || which == SN_FIGURE_PSRAM_FREE ? heap_caps_get_free_size(where)
                                                                         : heap_caps_get_minimum_free_size(where);
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
    .console_write = hil_console_write,
    .console_baud = hil_console_baud,
    .figure = figure,
    .slot_size = hil_slot_size,
    .slot_read = hil_slot_read,
    .slot_sha256 = hil_slot_sha256,
    .model_open = hil_model_open,
    .input_load = hil_input_load,
    .invoke = hil_invoke,
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
