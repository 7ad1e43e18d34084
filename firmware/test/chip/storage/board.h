/* SPDX-License-Identifier: MIT */
/* The board that the tests of firmware/main have: what its flash holds, its power, and its boots. */
#ifndef BOARD_H
#define BOARD_H

#include <setjmp.h>

#include "idf.h"

#define BOARD_SLOT 16384u
#define BOARD_LARGEST (3u << 20) /* the model partitions of firmware/partitions.csv */
#define BOARD_SECTOR 4096u
/* Of internal heap: the least that was free, in one piece, under ESP-IDF 5.3.1 for ESP32-C3 in QEMU, without radios. An
 * ESP32-S3 has some 100 KB more, its radios some 100 KB less. */
#define BOARD_HEAP (108u * 1024u)
/* An ESP32-C3 maps 8 MB, 128 pages (SOC_MMU_ENTRY_NUM); an application takes up to 48 of them. */
#define BOARD_MMU_PAGES 80u

enum { OTA_0, OTA_1, MODEL_0, MODEL_1, BOARD_PARTITIONS };

/* A board as it comes from a flasher: application in ota_0, `slots` model partitions, all of them erased. */
void board_make(int slots);
/* The model partitions become as large as on a real board. */
void board_enlarge_models(void);
uint8_t *board_flash(int partition);
/* The bootloader's choice, and what it does to otadata on its way; then the parts of the port start anew. */
void board_boot(esp_reset_reason_t reason);
const char *board_app(void);

/* The power goes at the n-th change of flash or NVS from now on, halfway through it: board_power_lost is jumped to. */
extern jmp_buf board_power_lost;
void board_cut_power_at(int change);

/* NVS answers every call by this, until it is ESP_OK again. */
extern esp_err_t board_nvs_error;

extern uint32_t board_heap_least; /* internal heap that was left while something was copied to it */

extern esp_partition_t board_partitions[BOARD_PARTITIONS];
bool board_power_goes(void); /* now, halfway through the change that asks */
/* ESP-IDF 5.5's esp_ota_begin, which erases the record of otadata that is not in use, or 5.3's, which does not. */
extern bool board_is_idf_5_5;
void otadata_erase(void);
void otadata_boot(void);

#endif
