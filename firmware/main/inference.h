/* SPDX-License-Identifier: MIT */
/* TensorFlow Lite Micro in a task of its own. */
#ifndef INFERENCE_H
#define INFERENCE_H

#include <stdint.h>

#include "esp_err.h"
#include "splitnode/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `arena` is aligned to 16 bytes, or NULL: then no model can be opened. */
esp_err_t inference_init(uint8_t *arena, uint32_t size);

/* sn_port's functions. */
sn_error model_open(void *ctx, uint32_t offset, uint32_t length);
sn_error input_load(void *ctx, const uint8_t *data, uint32_t length);
sn_error invoke(void *ctx);

#ifdef __cplusplus
}
#endif

#endif
