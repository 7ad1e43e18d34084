/* SPDX-License-Identifier: MIT */
/* The board that the tests of firmware/main have: what its flash holds, its power, and its boots. */
#ifndef BOARD_H
#define BOARD_H

#include <setjmp.h>

#include "idf.h"

#define BOARD_SLOT 16384u
#define BOARD_SECTOR 4096u

enum { OTA_0, OTA_1, MODEL_0, MODEL_1, BOARD_PARTITIONS };

/* A board as it comes from a flasher: application in ota_0, `slots` model partitions, all of them erased. */
void board_make(int slots);
uint8_t *board_flash(int partition);
/* The bootloader's choice, and what it does to otadata on its way; then the parts of the port start anew. */
void board_boot(esp_reset_reason_t reason);
const char *board_app(void);

/* The power goes at the n-th change of flash or NVS from now on, halfway through it: board_power_lost is jumped to. */
extern jmp_buf board_power_lost;
void board_cut_power_at(int change);

/* NVS answers every call by this, until it is ESP_OK again. */
extern esp_err_t board_nvs_error;

extern const esp_partition_t board_partitions[BOARD_PARTITIONS];
bool board_power_goes(void); /* now, halfway through the change that asks */
void otadata_erase(void);
void otadata_boot(void);

#endif
