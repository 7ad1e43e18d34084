/* SPDX-License-Identifier: MIT */
/* A new application or model, written to the partition that is not in use: sn_port's functions. */
#ifndef UPDATE_H
#define UPDATE_H

#include "splitnode/port.h"

sn_error update_begin(void *ctx, sn_update what, uint32_t size);
sn_error update_write(void *ctx, const uint8_t *data, uint32_t length);
sn_error update_end(void *ctx, const uint8_t sha256[32]);
sn_error update_confirm(void *ctx, sn_update what);

#endif
