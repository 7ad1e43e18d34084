/* SPDX-License-Identifier: MIT */
/*
 * The port of the core to the virtual board: a WebAssembly module without a C library. Everything the machine does for
 * the core is an import of module "port".
 */
#include "port.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "machine.h"
#include "stack.h"

sn_identity virtual_identity;

static uint64_t port_now_us(void *ctx) {
    (void)ctx;
    return (uint64_t)machine_now_us();
}

static uint32_t port_random_u32(void *ctx) {
    (void)ctx;
    return machine_random_u32();
}

static void port_restart(void *ctx) {
    (void)ctx;
    machine_restart();
}

static bool port_hmac_sha256(void *ctx, const uint8_t key[SN_KEY_SIZE], const sn_bytes *pieces, size_t count,
                             uint8_t mac[SN_SHA256_SIZE]) {
    (void)ctx;
    machine_hmac_sha256(key, pieces, (uint32_t)count, mac);
    return true;
}

static void port_console_write(void *ctx, const uint8_t *data, size_t length) {
    (void)ctx;
    machine_console_write(data, (uint32_t)length);
}

static void port_console_baud(void *ctx, uint32_t rate) {
    (void)ctx;
    machine_console_baud(rate);
}

/* Of internal memory, this machine is no model. Nothing is allocated in PSRAM once the board has started, so what is
 * free is the least there was. */
static uint32_t port_figure(void *ctx, sn_figure which) {
    (void)ctx;
    if (which != SN_FIGURE_PSRAM_FREE && which != SN_FIGURE_PSRAM_LEAST) {
        return SN_NO_FIGURE;
    }
    uint32_t used = ARENA_SIZE + TENSOR_CAPACITY + IMAGE_CAPACITY + RECEIVE_CAPACITY + OUTPUT_CAPACITY;
    return virtual_identity.psram_size > used ? virtual_identity.psram_size - used : 0;
}

/* Its only task. */
static bool port_next_stack(void *ctx, uint32_t *index, sn_stack *stack) {
    (void)ctx;
    *stack = (sn_stack){.task = "core", .reserve = virtual_stack_reserve()};
    return (*index)++ == 0;
}

static uint32_t port_slot_size(void *ctx) {
    (void)ctx;
    return machine_slot_size();
}

static sn_error port_slot_read(void *ctx, uint32_t offset, void *to, uint32_t length) {
    (void)ctx;
    return (sn_error)machine_slot_read(offset, to, length);
}

static sn_error port_slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]) {
    (void)ctx;
    return (sn_error)machine_slot_sha256(offset, length, digest);
}

static sn_error port_model_open(void *ctx, uint32_t offset, uint32_t length) {
    (void)ctx;
    return (sn_error)machine_model_open(offset, length, ARENA_SIZE);
}

static sn_error port_input_load(void *ctx, const uint8_t *data, uint32_t length) {
    (void)ctx;
    return (sn_error)machine_input_load(data, length);
}

static sn_error port_invoke(void *ctx) {
    (void)ctx;
    return (sn_error)machine_invoke();
}

static uint32_t port_operator_times(void *ctx, const uint8_t **times) {
    static uint8_t buffer[PROFILE_CAPACITY];
    (void)ctx;
    *times = buffer;
    return machine_operator_times(buffer, sizeof buffer);
}

static sn_error port_wifi_join(void *ctx, const char *ssid, const char *password) {
    (void)ctx;
    return (sn_error)machine_wifi_join(ssid, (uint32_t)strlen(ssid), password, (uint32_t)strlen(password));
}

static sn_error port_update_begin(void *ctx, sn_update what, uint32_t size) {
    (void)ctx;
    return (sn_error)machine_update_begin((int32_t)what, size);
}

static sn_error port_update_write(void *ctx, const uint8_t *data, uint32_t length) {
    (void)ctx;
    return (sn_error)machine_update_write(data, length);
}

static sn_error port_update_end(void *ctx, const uint8_t sha256[32]) {
    (void)ctx;
    return (sn_error)machine_update_end(sha256);
}

static sn_error port_update_confirm(void *ctx, sn_update what) {
    (void)ctx;
    return (sn_error)machine_update_confirm((int32_t)what);
}

static sn_error port_link_open(void *ctx, sn_via via, const char *host, uint16_t port) {
    (void)ctx;
    return (sn_error)machine_link_open((int32_t)via, host, (uint32_t)strlen(host), port);
}

static void port_link_close(void *ctx, sn_via via) {
    (void)ctx;
    machine_link_close((int32_t)via);
}

static int32_t port_link_send(void *ctx, sn_via via, uint64_t to, const uint8_t *data, size_t length) {
    (void)ctx;
    return machine_link_send((int32_t)via, (int64_t)to, data, (uint32_t)length);
}

static uint32_t port_link_frame_limit(void *ctx, sn_via via) {
    (void)ctx;
    return machine_link_frame_limit((int32_t)via);
}

#ifdef SN_TEST_BUILD
static void port_crash(void *ctx) {
    (void)ctx;
    volatile const uint32_t *nowhere = (volatile const uint32_t *)0xF0000000u;
    (void)*nowhere;
}

static void port_hang(void *ctx) {
    (void)ctx;
    for (;;) {
        __asm__ volatile("");
    }
}
#endif

const sn_port virtual_port = {
    .now_us = port_now_us,
    .random_u32 = port_random_u32,
    .restart = port_restart,
    .hmac_sha256 = port_hmac_sha256,
    .console_write = port_console_write,
    .console_baud = port_console_baud,
    .figure = port_figure,
    .next_stack = port_next_stack,
    .slot_size = port_slot_size,
    .slot_read = port_slot_read,
    .slot_sha256 = port_slot_sha256,
    .model_open = port_model_open,
    .input_load = port_input_load,
    .invoke = port_invoke,
    .operator_times = port_operator_times,
    .wifi_join = port_wifi_join,
    .link_open = port_link_open,
    .link_close = port_link_close,
    .link_send = port_link_send,
    .link_frame_limit = port_link_frame_limit,
    .update_begin = port_update_begin,
    .update_write = port_update_write,
    .update_end = port_update_end,
    .update_confirm = port_update_confirm,
#ifdef SN_TEST_BUILD
    .crash = port_crash,
    .hang = port_hang,
#endif
};
