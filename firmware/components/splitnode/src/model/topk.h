/* SPDX-License-Identifier: MIT */
/* The five best classes of an output vector. */
#ifndef SPLITNODE_TOPK_H
#define SPLITNODE_TOPK_H

#include <stdint.h>

#include "model/tensor.h"

#define SN_TOP 5u

typedef struct {
    uint16_t id;
    int32_t score; /* the raw element: the integer, or its nearest of 32 bits, or the bit pattern of a float32 */
} sn_top_entry;

/* Falling scores, ties to the lower id, NaN below everything; returns how many entries there are, at most 5.
 * `count` is at most 65,535. */
uint32_t sn_top5(const uint8_t *scores, uint32_t count, sn_dtype dtype, sn_top_entry entries[SN_TOP]);

#endif
