/* SPDX-License-Identifier: MIT */
#include "model/tensor.h"

#include "base/bytes.h"

static const struct {
    const char *name;
    uint32_t size;
} types[] = {
    [SN_INT8] = {"int8", 1},     [SN_UINT8] = {"uint8", 1}, [SN_FLOAT32] = {"float32", 4}, [SN_INT16] = {"int16", 2},
    [SN_UINT16] = {"uint16", 2}, [SN_INT32] = {"int32", 4}, [SN_UINT32] = {"uint32", 4},   [SN_INT64] = {"int64", 8},
    [SN_UINT64] = {"uint64", 8}, [SN_BOOL] = {"bool", 1},
};

bool sn_dtype_is_known(uint8_t dtype) {
    return dtype >= SN_INT8 && dtype <= SN_BOOL;
}

const char *sn_dtype_name(sn_dtype dtype) {
    return types[dtype].name;
}

uint32_t sn_dtype_size(sn_dtype dtype) {
    return types[dtype].size;
}

bool sn_tensor_unpack(sn_tensor *tensor, const uint8_t from[SN_TENSOR_SIZE]) {
    uint8_t dtype = from[0];
    uint8_t rank = from[1];
    if (!sn_dtype_is_known(dtype) || rank < 1 || rank > SN_TENSOR_RANK) {
        return false;
    }
    tensor->dtype = (sn_dtype)dtype;
    tensor->rank = rank;
    uint64_t elements = 1;
    for (uint32_t i = 0; i < SN_TENSOR_RANK; i++) {
        uint32_t dim = sn_get_u32(&from[4 + 4 * i]);
        tensor->dims[i] = dim;
        if ((dim == 0) != (i >= rank)) {
            return false;
        }
        if (i < rank) {
            elements *= dim;
        }
        if (elements > UINT32_MAX) {
            return false;
        }
    }
    tensor->elements = (uint32_t)elements;
    tensor->size = sn_get_u32(&from[36]);
    return elements * sn_dtype_size(tensor->dtype) == tensor->size;
}
