/* SPDX-License-Identifier: MIT */
#include "model/tensor.h"

#include "base/bytes.h"

const char *sn_dtype_name(sn_dtype dtype) {
    switch (dtype) {
    case SN_INT8:
        return "int8";
    case SN_UINT8:
        return "uint8";
    case SN_FLOAT32:
        break;
    }
    return "float32";
}

bool sn_tensor_unpack(sn_tensor *tensor, const uint8_t from[SN_TENSOR_SIZE]) {
    uint8_t dtype = from[0];
    uint8_t rank = from[1];
    if (dtype < SN_INT8 || dtype > SN_FLOAT32 || rank < 1 || rank > SN_TENSOR_RANK) {
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
    return elements * (tensor->dtype == SN_FLOAT32 ? 4u : 1u) == tensor->size;
}
