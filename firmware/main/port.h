/* SPDX-License-Identifier: MIT */
/* The parts of the port, as app_main sets them up and as the core uses them (splitnode/port.h); but for links.h. */
#ifndef PORT_H
#define PORT_H

#include "esp_err.h"
#include "splitnode/port.h"

extern const sn_port hil_port_table;

/* UART0 and USB-Serial/JTAG at once: what comes in on either goes to the core, what goes out goes to both. ESP-IDF's
 * log becomes part of it. After hil_loop_init. */
esp_err_t hil_console_init(void);
void hil_console_write(void *ctx, const uint8_t *data, size_t length);
void hil_console_baud(void *ctx, uint32_t rate);
/* Waits until everything has gone out. In the event task only. */
void hil_console_drain(void);

/* The model partition in use. It is chosen and mapped after hil_settings_init. */
void hil_storage_init(void);
uint32_t hil_slot_size(void *ctx);
sn_error hil_slot_read(void *ctx, uint32_t offset, void *to, uint32_t length);
sn_error hil_slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]);

/* A new application or model, for the partition that is not in use. */
sn_error hil_update_begin(void *ctx, sn_update what, uint32_t size);
sn_error hil_update_write(void *ctx, const uint8_t *data, uint32_t length);
sn_error hil_update_end(void *ctx, const uint8_t sha256[32]);
sn_error hil_update_confirm(void *ctx, sn_update what);

/* TensorFlow Lite Micro in a task of its own. `arena` is aligned to 16 bytes, or NULL: then no model can be opened. */
esp_err_t hil_inference_init(uint8_t *arena, uint32_t size);
sn_error hil_model_open(void *ctx, uint32_t offset, uint32_t length);
sn_error hil_input_load(void *ctx, const uint8_t *data, uint32_t length);
sn_error hil_invoke(void *ctx);
uint32_t hil_operator_times(void *ctx, const uint8_t **times);

#endif
