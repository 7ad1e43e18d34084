/* SPDX-License-Identifier: MIT */
/*
 * The port of the core to the virtual board: a WebAssembly module without a C library.
 *
 * Everything the machine does for the core is an import of module "port"; everything that happens is an export that the
 * machine calls, with data it has put into `staging` (or, for the output of the model, into `activation`) before.
 * The exports return the core's next deadline in microseconds, or -1.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "splitnode/node.h"
#include "splitnode/port.h"

#ifndef SN_VERSION
#error "SN_VERSION and SN_SOURCE_DIGEST come from the build"
#endif

#define IMPORT(name) __attribute__((import_module("port"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

/* The largest activation that a supported model can cut at: 80 x 80 x 96 float32 (MobileNetV2 alpha 1.0 at 160). */
#define TENSOR_CAPACITY (80u * 80u * 96u * 4u)
/* The largest image: 224 x 224 x 3 float32. */
#define IMAGE_CAPACITY (224u * 224u * 3u * 4u)
/* 4,096 classes of float32. */
#define OUTPUT_CAPACITY (4096u * 4u)
#define STAGING_CAPACITY 65536u
/* TFLM's arena, in the PSRAM of a chip; the machine enforces it. */
#define ARENA_SIZE (1024u * 1024u)
#define NODE_CAPACITY 65536u
#define UNUSED 0xa5a5a5a5u /* what the stack is filled with, as FreeRTOS does */

IMPORT(now_us) int64_t machine_now_us(void);
IMPORT(random_u32) uint32_t machine_random_u32(void);
IMPORT(restart) void machine_restart(void);
IMPORT(console_write) void machine_console_write(const uint8_t *data, uint32_t length);
IMPORT(console_baud) void machine_console_baud(uint32_t rate);
IMPORT(slot_size) uint32_t machine_slot_size(void);
IMPORT(slot_read) int32_t machine_slot_read(uint32_t offset, void *to, uint32_t length);
IMPORT(slot_sha256) int32_t machine_slot_sha256(uint32_t offset, uint32_t length, uint8_t *digest);
IMPORT(model_open) int32_t machine_model_open(uint32_t offset, uint32_t length, uint32_t arena_size);
IMPORT(input_load) int32_t machine_input_load(const uint8_t *data, uint32_t length);
IMPORT(invoke) int32_t machine_invoke(void);
IMPORT(wifi_join)
int32_t machine_wifi_join(const char *ssid, uint32_t ssid_length, const char *password, uint32_t password_length);
IMPORT(update_begin) int32_t machine_update_begin(int32_t what, uint32_t size);
IMPORT(update_write) int32_t machine_update_write(const uint8_t *data, uint32_t length);
IMPORT(update_end) int32_t machine_update_end(const uint8_t *sha256);
IMPORT(update_confirm) int32_t machine_update_confirm(int32_t what);
IMPORT(link_open) int32_t machine_link_open(int32_t via, const char *host, uint32_t host_length, uint32_t port);
IMPORT(link_close) void machine_link_close(int32_t via);
IMPORT(link_send) int32_t machine_link_send(int32_t via, int64_t to, const uint8_t *data, uint32_t length);
IMPORT(link_frame_limit) uint32_t machine_link_frame_limit(int32_t via);

/* The linker's: where the stack ends and begins. */
extern uint32_t stack_low[] __asm__("__stack_low"), stack_high[] __asm__("__stack_high");

static uint8_t staging_buffer[STAGING_CAPACITY];
static uint8_t activation_buffer[TENSOR_CAPACITY];
static uint8_t image_buffer[IMAGE_CAPACITY];
static uint8_t receive_buffer[TENSOR_CAPACITY + 128u];
static uint8_t output_buffer[OUTPUT_CAPACITY];
static uint8_t node_storage[NODE_CAPACITY] __attribute__((aligned(8)));

static char mac_text[18];
static char reset_text[32];
static char app_text[17];
static char model_text[17];
static sn_identity identity;

static sn_node *node(void) {
    return (sn_node *)(void *)node_storage;
}

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
    uint32_t used = ARENA_SIZE + (uint32_t)(sizeof activation_buffer + sizeof image_buffer + sizeof receive_buffer +
                                            sizeof output_buffer);
    return identity.psram_size > used ? identity.psram_size - used : 0;
}

/* Its only task. WebAssembly keeps in memory what has an address; the rest of a stack is in nobody's sight. */
static bool port_next_stack(void *ctx, uint32_t *index, sn_stack *stack) {
    (void)ctx;
    const uint32_t *at = stack_low;
    while (at < stack_high && *at == UNUSED) {
        at++;
    }
    *stack = (sn_stack){.task = "core", .reserve = (uint32_t)((uintptr_t)at - (uintptr_t)stack_low)};
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

static const sn_port port_table = {
    .now_us = port_now_us,
    .random_u32 = port_random_u32,
    .restart = port_restart,
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

/* Copies the text at `from`, up to its zero, into a field of `capacity`; returns what follows it. */
static const char *take_text(char *field, size_t capacity, const char *from) {
    size_t length = strlen(from);
    size_t n = length < capacity - 1u ? length : capacity - 1u;
    memcpy(field, from, n);
    field[n] = '\0';
    return &from[length + 1];
}

/* The sentence that came with an event, ended by a zero in place: the machine leaves room for it. */
static const char *staged_text(uint32_t length) {
    staging_buffer[length < STAGING_CAPACITY ? length : STAGING_CAPACITY - 1u] = 0;
    return (const char *)staging_buffer;
}

static int64_t deadline(uint64_t at_us) {
    return at_us == SN_NO_DEADLINE ? -1 : (int64_t)at_us;
}

/* The machine's first call, which takes no time of the board's. */
EXPORT(staging) uint8_t *staging(void) {
    for (uint32_t *at = stack_low; at < (uint32_t *)__builtin_frame_address(0); at++) {
        *at = UNUSED;
    }
    return staging_buffer;
}

EXPORT(staging_capacity) uint32_t staging_capacity(void) {
    return STAGING_CAPACITY;
}

EXPORT(activation) uint8_t *activation(void) {
    return activation_buffer;
}

EXPORT(activation_capacity) uint32_t activation_capacity(void) {
    return TENSOR_CAPACITY;
}

/* staging: MAC address, reason of the last reset, labels of the partitions of application and model, each ended by a
 * zero; a label is empty where there is no such partition. */
EXPORT(boot) int64_t boot(uint32_t psram_size, uint32_t flash_size, uint32_t app_on_trial, uint32_t model_on_trial) {
    if (sn_node_size() > sizeof node_storage) {
        __builtin_trap();
    }
    const char *next = (const char *)staging_buffer;
    next = take_text(mac_text, sizeof mac_text, next);
    next = take_text(reset_text, sizeof reset_text, next);
    next = take_text(app_text, sizeof app_text, next);
    (void)take_text(model_text, sizeof model_text, next);
    identity = (sn_identity){
        .version = SN_VERSION,
        .source_digest = SN_SOURCE_DIGEST,
        .chip = "esp32s3",
        .mac = mac_text,
        .kernels = "reference",
        .reset_reason = reset_text,
        .arena_size = ARENA_SIZE,
        .psram_size = psram_size,
        .flash_size = flash_size,
        .app_slot = app_text[0] != '\0' ? app_text : NULL,
        .model_slot = model_text[0] != '\0' ? model_text : NULL,
        .app_on_trial = app_on_trial != 0,
        .model_on_trial = model_on_trial != 0,
        .simulated = true,
#ifdef SN_TEST_BUILD
        .test_build = true,
#endif
    };
    static const sn_memory memory = {
        .image = image_buffer,
        .image_capacity = IMAGE_CAPACITY,
        .receive = receive_buffer,
        .receive_capacity = sizeof receive_buffer,
        .output = output_buffer,
        .output_capacity = OUTPUT_CAPACITY,
    };
    return deadline(sn_node_init(node(), &port_table, &identity, &memory));
}

EXPORT(on_console) int64_t on_console(uint32_t length) {
    return deadline(sn_node_on_console(node(), staging_buffer, length));
}

EXPORT(on_timer) int64_t on_timer(void) {
    return deadline(sn_node_on_timer(node()));
}

EXPORT(on_model)
int64_t on_model(int32_t code, uint32_t text_length, uint32_t arena_used, uint32_t input_size, uint32_t output_size) {
    const char *text = staged_text(text_length);
    if (code == SN_OK && output_size > TENSOR_CAPACITY) {
        code = SN_ERR_TENSOR_SIZE;
        text = "the model's output is larger than the board's buffer";
    }
    return deadline(sn_node_on_model(node(), (sn_error)code, text, arena_used, input_size, output_size));
}

EXPORT(on_invoked) int64_t on_invoked(int32_t code, uint32_t text_length, uint32_t output_length) {
    return deadline(
        sn_node_on_invoked(node(), (sn_error)code, staged_text(text_length), activation_buffer, output_length));
}

EXPORT(on_wifi) int64_t on_wifi(int32_t code, uint32_t text_length) {
    const char *text = staged_text(text_length);
    return deadline(sn_node_on_wifi(node(), (sn_error)code, text, code == SN_OK ? text : NULL));
}

EXPORT(on_link) int64_t on_link(int32_t via, int32_t code, uint32_t text_length) {
    return deadline(sn_node_on_link(node(), (sn_via)via, (sn_error)code, staged_text(text_length)));
}

EXPORT(on_receive) int64_t on_receive(int32_t via, int64_t address, int32_t rssi, uint32_t length) {
    const sn_source from = {.address = (uint64_t)address, .rssi = (int8_t)rssi};
    return deadline(sn_node_on_receive(node(), (sn_via)via, &from, staging_buffer, length));
}

EXPORT(on_writable) int64_t on_writable(int32_t via) {
    return deadline(sn_node_on_writable(node(), (sn_via)via));
}
