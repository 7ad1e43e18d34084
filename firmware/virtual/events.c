/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "machine.h"
#include "port.h"
#include "stack.h"

#ifndef SN_VERSION
#error "SN_VERSION and SN_SOURCE_DIGEST come from the build"
#endif

static uint8_t staging_buffer[STAGING_CAPACITY];
static uint8_t activation_buffer[TENSOR_CAPACITY];
static uint8_t image_buffer[IMAGE_CAPACITY];
static uint8_t receive_buffer[RECEIVE_CAPACITY];
static uint8_t output_buffer[OUTPUT_CAPACITY];
static uint8_t node_storage[NODE_CAPACITY] __attribute__((aligned(8)));

static char mac_text[18];
static char reset_text[32];
static char app_text[17];
static char model_text[17];

static sn_node *node(void) {
    return (sn_node *)(void *)node_storage;
}

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
uint8_t *staging(void) {
    virtual_stack_fill();
    return staging_buffer;
}

uint32_t staging_capacity(void) {
    return STAGING_CAPACITY;
}

uint8_t *activation(void) {
    return activation_buffer;
}

uint32_t activation_capacity(void) {
    return TENSOR_CAPACITY;
}

int64_t boot(uint32_t psram_size, uint32_t flash_size, uint32_t app_on_trial, uint32_t model_on_trial) {
    if (sn_node_size() > sizeof node_storage) {
        __builtin_trap();
    }
    const char *next = (const char *)staging_buffer;
    next = take_text(mac_text, sizeof mac_text, next);
    next = take_text(reset_text, sizeof reset_text, next);
    next = take_text(app_text, sizeof app_text, next);
    (void)take_text(model_text, sizeof model_text, next);
    virtual_identity = (sn_identity){
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
        .receive_capacity = RECEIVE_CAPACITY,
        .output = output_buffer,
        .output_capacity = OUTPUT_CAPACITY,
    };
    return deadline(sn_node_init(node(), &virtual_port, &virtual_identity, &memory));
}

int64_t on_console(uint32_t length) {
    return deadline(sn_node_on_console(node(), staging_buffer, length));
}

int64_t on_timer(void) {
    return deadline(sn_node_on_timer(node()));
}

int64_t on_model(int32_t code, uint32_t text_length, uint32_t arena_used, uint32_t input_size, uint32_t output_size) {
    const char *text = staged_text(text_length);
    if (code == SN_OK && output_size > TENSOR_CAPACITY) {
        code = SN_ERR_TENSOR_SIZE;
        text = "the model's output is larger than the board's buffer";
    }
    return deadline(sn_node_on_model(node(), (sn_error)code, text, arena_used, input_size, output_size));
}

int64_t on_invoked(int32_t code, uint32_t text_length, uint32_t output_length) {
    return deadline(
        sn_node_on_invoked(node(), (sn_error)code, staged_text(text_length), activation_buffer, output_length));
}

int64_t on_wifi(int32_t code, uint32_t text_length) {
    const char *text = staged_text(text_length);
    return deadline(sn_node_on_wifi(node(), (sn_error)code, text, code == SN_OK ? text : NULL));
}

int64_t on_link(int32_t via, int32_t code, uint32_t text_length) {
    return deadline(sn_node_on_link(node(), (sn_via)via, (sn_error)code, staged_text(text_length)));
}

int64_t on_receive(int32_t via, int64_t address, int32_t rssi, uint32_t length) {
    const sn_source from = {.address = (uint64_t)address, .rssi = (int8_t)rssi};
    return deadline(sn_node_on_receive(node(), (sn_via)via, &from, staging_buffer, length));
}

uint32_t drop_foreign(int32_t via, uint32_t length) {
    return sn_node_drop_foreign(node(), (sn_via)via, staging_buffer, length);
}

uint32_t foreign(void) {
    return sn_node_foreign(node());
}

int64_t on_writable(int32_t via) {
    return deadline(sn_node_on_writable(node(), (sn_via)via));
}
