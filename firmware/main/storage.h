/* SPDX-License-Identifier: MIT */
/* The model partitions: which is in use (docs/protocol.md, 2.7), and what is in it. */
#ifndef STORAGE_H
#define STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_partition.h"
#include "splitnode/error.h"

#define STORAGE_MAGIC 4u /* bytes at the start of a slot; a slot without them is not open */

/* Chooses the partition in use and maps it. After settings_init. */
void storage_init(void);

const esp_partition_t *storage_in_use(void); /* NULL: there is none */
bool storage_is_on_trial(void);
const esp_partition_t *storage_spare(uint8_t *slot); /* the one not in use, and its number; NULL: there is none */
/* Makes the one on trial the one to open at every boot. */
sn_error storage_keep(void);

/* A part of the partition in use, in memory; NULL where it does not lie inside it. */
const uint8_t *storage_map(uint32_t offset, uint32_t length);

/* sn_port's functions. */
uint32_t slot_size(void *ctx);
sn_error slot_read(void *ctx, uint32_t offset, void *to, uint32_t length);
sn_error slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]);

#endif
