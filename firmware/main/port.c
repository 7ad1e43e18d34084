/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <stdbool.h>

#include "esp_heap_caps.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "links.h"

static uint64_t now_us(void *ctx) {
    (void)ctx;
    return (uint64_t)esp_timer_get_time();
}

static uint32_t random_u32(void *ctx) {
    (void)ctx;
    return esp_random();
}

static void restart(void *ctx) {
    (void)ctx;
    console_drain();
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

const sn_port port_table = {
    .now_us = now_us,
    .random_u32 = random_u32,
    .restart = restart,
    .console_write = console_write,
    .console_baud = console_baud,
    .figure = figure,
    .slot_size = slot_size,
    .slot_read = slot_read,
    .slot_sha256 = slot_sha256,
    .model_open = model_open,
    .input_load = input_load,
    .invoke = invoke,
    .wifi_join = wifi_join,
    .link_open = link_open,
    .link_close = link_close,
    .link_send = link_send,
    .link_frame_limit = link_frame_limit,
    .update_begin = update_begin,
    .update_write = update_write,
    .update_end = update_end,
    .update_confirm = update_confirm,
#ifdef SN_TEST_BUILD
    .crash = crash,
    .hang = hang,
#endif
};
