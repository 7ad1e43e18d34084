/* SPDX-License-Identifier: MIT */
#include "board.h"

#include <string.h>

/* Power */

jmp_buf board_power_lost;
static int changes_left;

void board_cut_power_at(int change) {
    changes_left = change;
}

bool board_power_goes(void) {
    return changes_left > 0 && --changes_left == 0;
}

/* Flash */

#define PAGE 65536u /* CONFIG_MMU_PAGE_SIZE */

static uint8_t flash[BOARD_PARTITIONS][BOARD_LARGEST];
esp_partition_t board_partitions[BOARD_PARTITIONS] = {{BOARD_SLOT, BOARD_SECTOR, "ota_0"},
                                                      {BOARD_SLOT, BOARD_SECTOR, "ota_1"},
                                                      {BOARD_SLOT, BOARD_SECTOR, "model_0"},
                                                      {BOARD_SLOT, BOARD_SECTOR, "model_1"}};
static int model_slots;
static uint32_t pages_left;

uint8_t *board_flash(int partition) {
    return flash[partition];
}

/* esp_partition/partition.c: the first call reads the table into a list in the heap, which stays there. */
const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype,
                                                const char *label) {
    (void)type, (void)label;
    return subtype - 0x40 < model_slots ? &board_partitions[MODEL_0 + subtype - 0x40] : NULL;
}

static esp_err_t verdict(const esp_partition_t *partition, size_t offset, size_t size) {
    return offset > partition->size          ? ESP_ERR_INVALID_ARG
           : size > partition->size - offset ? ESP_ERR_INVALID_SIZE
                                             : ESP_OK;
}

static uint8_t *at(const esp_partition_t *partition, size_t offset) {
    return &flash[partition - board_partitions][offset];
}

/* esp_partition/partition_target.c: takes no heap for internal memory; the cache is off meanwhile, some us. */
esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *to, size_t size) {
    const esp_err_t result = verdict(partition, offset, size);
    if (result == ESP_OK) {
        memcpy(to, at(partition, offset), size);
    }
    return result;
}

/* esp_partition/partition_target.c: any alignment, and any source: what is not in DRAM goes by 32 bytes of the stack
 * (spi_flash/esp_flash_api.c). Only clears bits. Blocks its caller, and whatever needs the cache, for a page's 1 ms. */
esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *from, size_t size) {
    const esp_err_t result = verdict(partition, offset, size);
    if (result != ESP_OK) {
        return result;
    }
    const bool is_cut = board_power_goes();
    for (size_t i = 0; i < (is_cut ? size / 2 : size); i++) {
        *at(partition, offset + i) &= ((const uint8_t *)from)[i];
    }
    if (is_cut) {
        longjmp(board_power_lost, 1);
    }
    return ESP_OK;
}

/* esp_partition/partition_target.c: whole sectors only; blocks for some 50 ms, at most 400 ms, a sector, and lets
 * others run in between. */
esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size) {
    const esp_err_t result = verdict(partition, offset, size);
    if (result != ESP_OK) {
        return result;
    }
    if (size % BOARD_SECTOR != 0) {
        return ESP_ERR_INVALID_SIZE;
    }
    if (offset % BOARD_SECTOR != 0) {
        return ESP_ERR_INVALID_ARG;
    }
    const bool is_cut = board_power_goes();
    memset(at(partition, offset), 0xFF, is_cut ? size / 2 : size);
    if (is_cut) {
        longjmp(board_power_lost, 1);
    }
    return ESP_OK;
}

/* esp_partition/partition_target.c, esp_mm/esp_mmu_map.c: takes MMU pages of 64 KB, of which a chip has few, and some
 * 100 bytes of internal heap; ESP_ERR_NOT_FOUND when no pages are left in a row. */
esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t size, int memory,
                             const void **address, esp_partition_mmap_handle_t *handle) {
    (void)memory;
    const uint32_t pages = (uint32_t)((size + PAGE - 1) / PAGE);
    const esp_err_t result = verdict(partition, offset, size);
    if (result != ESP_OK || pages > pages_left) {
        return result != ESP_OK ? result : ESP_ERR_NOT_FOUND;
    }
    pages_left -= pages;
    *address = at(partition, offset);
    *handle = 1;
    return ESP_OK;
}

/* The board */

static esp_reset_reason_t reset_reason;

void board_make(int slots) {
    for (int i = 0; i < BOARD_PARTITIONS; i++) {
        board_partitions[i].size = BOARD_SLOT;
        memset(flash[i], 0xFF, BOARD_SLOT);
    }
    nvs_flash_erase();
    otadata_erase();
    flash[OTA_0][0] = 0xE9;
    flash[OTA_0][1] = 0;
    model_slots = slots;
    changes_left = 0;
}

void board_enlarge_models(void) {
    for (int i = MODEL_0; i <= MODEL_1; i++) {
        board_partitions[i].size = BOARD_LARGEST;
        memset(&flash[i][BOARD_SLOT], 0xFF, BOARD_LARGEST - BOARD_SLOT);
    }
}

void board_boot(esp_reset_reason_t reason) {
    reset_reason = reason;
    pages_left = BOARD_MMU_PAGES;
    otadata_boot();
}

/* esp_system/port/soc/esp32s3/reset_reason.c: what the start-up code found; takes nothing. */
esp_reset_reason_t esp_reset_reason(void) {
    return reset_reason;
}
