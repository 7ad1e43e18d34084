/* SPDX-License-Identifier: MIT */
/* What the model slot's header says about a tensor. */
#ifndef SPLITNODE_TENSOR_H
#define SPLITNODE_TENSOR_H

#include <stdbool.h>
#include <stdint.h>

#define SN_TENSOR_SIZE 40u
#define SN_TENSOR_RANK 6u

typedef enum {
    SN_INT8 = 1,
    SN_UINT8 = 2,
    SN_FLOAT32 = 3,
    SN_INT16 = 4,
    SN_UINT16 = 5,
    SN_INT32 = 6,
    SN_UINT32 = 7,
    SN_INT64 = 8,
    SN_UINT64 = 9,
    SN_BOOL = 10,
} sn_dtype;

typedef struct {
    sn_dtype dtype;
    uint8_t rank;
    uint32_t dims[SN_TENSOR_RANK];
    uint32_t elements;
    uint32_t size; /* bytes */
} sn_tensor;

/* False if there is no element type of that number. */
bool sn_dtype_is_known(uint8_t dtype);

/* "int8", "float32" and so on. */
const char *sn_dtype_name(sn_dtype dtype);

/* Bytes of one element. */
uint32_t sn_dtype_size(sn_dtype dtype);

/* False if the record contradicts itself. */
bool sn_tensor_unpack(sn_tensor *tensor, const uint8_t from[SN_TENSOR_SIZE]);

#endif
