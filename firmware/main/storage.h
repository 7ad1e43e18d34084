/* SPDX-License-Identifier: MIT */
/* The model partitions (docs/protocol.md, 2.7), as the other parts of the port see them. */
#ifndef STORAGE_H
#define STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_partition.h"

#define STORAGE_MAGIC 4u /* bytes at the start of a slot; a slot without them is not open */

const esp_partition_t *hil_storage_in_use(void); /* NULL: there is none */
const esp_partition_t *hil_storage_spare(void);  /* NULL: there is no second one */
bool hil_storage_is_on_trial(void);
/* Is the spare one to be tried at the next boot? */
esp_err_t hil_storage_plan_trial(bool is_wanted);
/* Makes the one on trial the one to open at every boot. */
esp_err_t hil_storage_keep(void);

/* A part of the partition in use, in memory; NULL where it does not lie inside it. */
const uint8_t *hil_storage_map(uint32_t offset, uint32_t length);

#endif
