/* SPDX-License-Identifier: MIT */
/*
 * The chip's event task and its links over IP as a program of this machine, with a console on standard input and output
 * and a model that answers zeros. Usage: board <slot file> <bytes of the model's input> <of its output>
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fake_flash.h"
#include "freertos/task.h"
#include "links.h"

static uint8_t slot[1 << 20], image[1 << 18], receive[1 << 18], output[1 << 18];
static uint32_t input_size, output_size;
static bool is_joined;

static uint64_t now_us(void *ctx) {
    (void)ctx;
    return hil_clock_us();
}

static uint32_t random_u32(void *ctx) {
    (void)ctx;
    return (uint32_t)random();
}

static void console_write(void *ctx, const uint8_t *data, size_t length) {
    (void)ctx;
    fwrite(data, 1, length, stdout);
    fflush(stdout);
}

static uint32_t figure(void *ctx, sn_figure which) {
    (void)ctx, (void)which;
    return SN_NO_FIGURE;
}

static bool next_stack(void *ctx, uint32_t *index, sn_stack *stack) {
    (void)ctx, (void)index, (void)stack;
    return false;
}

static uint64_t deliver_model(sn_node *node, const loop_event *event) {
    (void)event;
    return sn_node_on_model(node, SN_OK, NULL, 1, input_size, output_size);
}

static sn_error model_open(void *ctx, uint32_t offset, uint32_t length) {
    (void)ctx, (void)offset, (void)length;
    return hil_loop_post(&(loop_event){.deliver = deliver_model}) ? SN_OK : SN_ERR_BUSY;
}

static sn_error input_load(void *ctx, const uint8_t *data, uint32_t length) {
    (void)ctx, (void)data, (void)length;
    return SN_OK;
}

static uint64_t deliver_invoked(sn_node *node, const loop_event *event) {
    (void)event;
    return sn_node_on_invoked(node, SN_OK, NULL, output, output_size);
}

static sn_error invoke(void *ctx) {
    (void)ctx;
    return hil_loop_post(&(loop_event){.deliver = deliver_invoked}) ? SN_OK : SN_ERR_BUSY;
}

static uint32_t operator_times(void *ctx, const uint8_t **times) {
    (void)ctx;
    *times = NULL;
    return 0;
}

static fake_flash flash = {.bytes = slot, .size = sizeof slot};

static const sn_port port = {
    .ctx = &flash,
    .now_us = now_us,
    .random_u32 = random_u32,
    .console_write = console_write,
    .figure = figure,
    .next_stack = next_stack,
    .slot_size = fake_slot_size,
    .slot_read = fake_slot_read,
    .slot_sha256 = fake_slot_sha256,
    .model_open = model_open,
    .input_load = input_load,
    .invoke = invoke,
    .operator_times = operator_times,
    .wifi_join = hil_wifi_join,
    .link_open = hil_link_open,
    .link_close = hil_link_close,
    .link_send = hil_link_send,
    .link_frame_limit = hil_link_frame_limit,
};

/* What stands for the radios: any access point can be joined, and the link "ble" comes up and takes nothing. */

bool hil_wifi_init(void) {
    return true;
}

void hil_wifi_start(const link_wish *wish) {
    (void)wish;
    is_joined = true;
    hil_link_tell(SN_VIA_NONE, SN_OK, "", "127.0.0.1");
}

void hil_wifi_store(void) {
}

bool hil_wifi_is_joined(void) {
    return is_joined;
}

static void start(const link_wish *wish) {
    fprintf(stderr, "started\n");
    hil_link_tell(wish->via, SN_OK, "", NULL);
}

static void stop(void) {
    usleep(100000); /* as a radio's does, it takes its time, and the link may have been opened again meanwhile */
    hil_link_tell(SN_VIA_BLE, SN_ERR_EDGE_LOST, "this comes too late for anybody to hear", NULL);
    fprintf(stderr, "stopped\n");
}

static int32_t refuse(uint64_t to, const uint8_t *data, size_t length) {
    (void)to, (void)data, (void)length;
    hil_link_writable_soon(SN_VIA_BLE);
    return 0;
}

const link_driver hil_ble_driver = {.start = start, .stop = stop, .send = refuse, .most = 244};
static void stop_at_once(void) {
}

const link_driver hil_espnow_driver = {.start = start, .stop = stop_at_once, .send = refuse, .most = 244};

static uint64_t deliver_console(sn_node *node, const loop_event *event) {
    return sn_node_on_console(node, event->data, event->length);
}

static void read_console(void *unused) {
    (void)unused;
    for (;;) {
        loop_event event = {.deliver = deliver_console, .data = malloc(512)};
        const ssize_t length = event.data != NULL ? read(STDIN_FILENO, event.data, 512) : 0;
        if (length <= 0) {
            _exit(0);
        }
        event.length = (uint32_t)length;
        hil_loop_post_wait(&event);
    }
}

int main(int argc, char **argv) {
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    sn_node *node = calloc(1, sn_node_size());
    if (file == NULL || node == NULL || fread(slot, 1, sizeof slot, file) == 0 || hil_loop_init() != ESP_OK) {
        return 2;
    }
    fclose(file);
    input_size = (uint32_t)atoi(argv[2]);
    output_size = (uint32_t)atoi(argv[3]);
    srandom((unsigned)getpid());
    const sn_identity identity = {
        .version = "posix", .source_digest = "0", .chip = "none", .mac = "", .kernels = "none", .reset_reason = "none"};
    const sn_memory memory = {image, sizeof image, receive, sizeof receive, output, sizeof output};
    if (hil_links_init() != SN_OK || xTaskCreatePinnedToCore(read_console, "console", 0, NULL, 1, NULL, 0) != pdPASS) {
        return 2;
    }
    hil_loop_run(node, sn_node_init(node, &port, &identity, &memory));
}
