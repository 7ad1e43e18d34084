/* SPDX-License-Identifier: MIT */
/* The header of a model slot, section 4 of docs/protocol.md. */
#ifndef SPLITNODE_SLOT_H
#define SPLITNODE_SLOT_H

#include <stdint.h>

#include "base/role.h"
#include "splitnode/error.h"
#include "splitnode/port.h"
#include "model/tensor.h"

#define SN_SLOT_HEADER 4096u
#define SN_SLOT_MAGIC 0x4D4C4948u
#define SN_SLOT_FORMAT 1u

typedef struct {
    sn_role role;
    uint32_t length; /* of the flatbuffer, which starts behind the header */
    uint32_t model_id;
    uint8_t sha256[32];
    sn_tensor input;
    sn_tensor output;
    uint32_t classes;
    char name[64];
    char cut[128];
} sn_slot;

/* Reads and checks the header and the model's SHA-256. On failure `slot` is zeroed and `why` is a sentence. */
sn_error sn_slot_load(sn_slot *slot, const sn_port *port, const char **why);

#endif
