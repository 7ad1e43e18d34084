/* SPDX-License-Identifier: MIT */
/* What the machine does for the virtual board: the imports of the module, and how much memory the board has. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

#ifdef __wasm__
#define IMPORT(name) __attribute__((import_module("port"), import_name(#name)))
#else /* a test of this machine stands for the virtual board's */
#define IMPORT(name)
#endif

/* The largest activation that a supported model can cut at: 80 x 80 x 96 float32 (MobileNetV2 alpha 1.0 at 160). */
#define TENSOR_CAPACITY (80u * 80u * 96u * 4u)
/* The largest image: 224 x 224 x 3 float32. */
#define IMAGE_CAPACITY (224u * 224u * 3u * 4u)
/* One message under reassembly. */
#define RECEIVE_CAPACITY (TENSOR_CAPACITY + 128u)
/* As many elements of float32 as a RESULT counts. */
#define OUTPUT_CAPACITY (65536u * 4u)
#define STAGING_CAPACITY 65536u
#define PROFILE_CAPACITY 4096u /* of u32, one for each operator: the largest networks have a few hundred */
/* TFLM's arena, in the PSRAM of a chip; the machine enforces it. */
#define ARENA_SIZE (1024u * 1024u)
#define NODE_CAPACITY 65536u

IMPORT(now_us) int64_t machine_now_us(void);
IMPORT(random_u32) uint32_t machine_random_u32(void);
IMPORT(restart) void machine_restart(void);
/* `pieces` are `count` pairs of address and length. */
IMPORT(hmac_sha256) void machine_hmac_sha256(const uint8_t *key, const void *pieces, uint32_t count, uint8_t *mac);
IMPORT(console_write) void machine_console_write(const uint8_t *data, uint32_t length);
IMPORT(console_baud) void machine_console_baud(uint32_t rate);
IMPORT(slot_size) uint32_t machine_slot_size(void);
IMPORT(slot_read) int32_t machine_slot_read(uint32_t offset, void *to, uint32_t length);
IMPORT(slot_sha256) int32_t machine_slot_sha256(uint32_t offset, uint32_t length, uint8_t *digest);
IMPORT(model_open) int32_t machine_model_open(uint32_t offset, uint32_t length, uint32_t arena_size);
IMPORT(input_load) int32_t machine_input_load(const uint8_t *data, uint32_t length);
IMPORT(invoke) int32_t machine_invoke(void);
IMPORT(operator_times) uint32_t machine_operator_times(uint8_t *times, uint32_t capacity);
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

#endif
