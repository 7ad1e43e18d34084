/* SPDX-License-Identifier: MIT */
#include "model/topk.h"

#include "base/bytes.h"

/* The nearest that an entry has room for. */
static int32_t within(int64_t value) {
    return (int32_t)(value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value);
}

static uint64_t wide(const uint8_t *from) {
    return sn_get_u32(from) | (uint64_t)sn_get_u32(&from[4]) << 32;
}

static int32_t raw_score(const uint8_t *scores, uint32_t index, sn_dtype dtype) {
    const uint8_t *from = &scores[index * sn_dtype_size(dtype)];
    switch (dtype) {
    case SN_INT8:
        return (int8_t)from[0];
    case SN_UINT8:
    case SN_BOOL:
        return from[0];
    case SN_INT16:
        return (int16_t)sn_get_u16(from);
    case SN_UINT16:
        return sn_get_u16(from);
    case SN_UINT32:
        return within(sn_get_u32(from));
    case SN_INT64:
        return within((int64_t)wide(from));
    case SN_UINT64:
        return within((int64_t)(wide(from) > INT32_MAX ? INT32_MAX : wide(from)));
    case SN_FLOAT32:
    case SN_INT32:
        break;
    }
    return (int32_t)sn_get_u32(from);
}

/* An integer in the order of the scores. Bit patterns of positive floats are in order already; those of negative ones
 * are in reverse. */
static int32_t rank(int32_t score, sn_dtype dtype) {
    if (dtype != SN_FLOAT32) {
        return score;
    }
    int32_t magnitude = score & INT32_MAX;
    if (magnitude > 0x7F800000) {
        return INT32_MIN; /* NaN */
    }
    return score < 0 ? -magnitude : magnitude;
}

uint32_t sn_top5(const uint8_t *scores, uint32_t count, sn_dtype dtype, sn_top_entry entries[SN_TOP]) {
    uint32_t have = 0;
    for (uint32_t id = 0; id < count; id++) {
        int32_t score = raw_score(scores, id, dtype);
        uint32_t place = have;
        while (place > 0 && rank(score, dtype) > rank(entries[place - 1].score, dtype)) {
            place--;
        }
        if (place == SN_TOP) {
            continue;
        }
        if (have < SN_TOP) {
            have++;
        }
        for (uint32_t i = have - 1; i > place; i--) {
            entries[i] = entries[i - 1];
        }
        entries[place] = (sn_top_entry){.id = (uint16_t)id, .score = score};
    }
    return have;
}
