/* SPDX-License-Identifier: MIT */
/* What a receiver says it has of a message: the payload of ACK (docs/protocol.md, section 1.4). */
#ifndef SPLITNODE_ACK_H
#define SPLITNODE_ACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define SN_ACK_SIZE 12u

typedef struct {
    uint32_t base;   /* every fragment below it has arrived; the fragment count once all have */
    uint64_t window; /* bit j: fragment base + 1 + j has */
} sn_ack;

void sn_ack_pack(const sn_ack *ack, uint8_t to[SN_ACK_SIZE]);
/* False if the payload does not have 12 bytes. */
bool sn_ack_unpack(sn_ack *ack, sn_bytes payload);

/* Has this fragment arrived? */
bool sn_ack_has(const sn_ack *ack, uint32_t index);

#endif
