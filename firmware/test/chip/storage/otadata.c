/* SPDX-License-Identifier: MIT */
/* Which application runs: otadata's two records, as ESP-IDF's app_update and bootloader_support treat them. */
#include "board.h"

enum { NEW, PENDING_VERIFY, VALID, ABORTED };
#define BLANK UINT32_MAX

static struct {
    uint32_t sequence;
    int state;
} records[2];
static int running;
bool board_is_idf_5_5;

typedef struct {
    int app;
    size_t written;
} ota_entry;
static ota_entry *entry;
static esp_ota_handle_t handles; /* the last one */

static bool is_void(int record) {
    return records[record].sequence == BLANK || records[record].state == ABORTED;
}

static int active_record(void) {
    if (is_void(0) && is_void(1)) {
        return -1;
    }
    return !is_void(0) && (is_void(1) || records[0].sequence >= records[1].sequence) ? 0 : 1;
}

static int chosen(void) {
    const int active = active_record();
    return active < 0 ? OTA_0 : (int)((records[active].sequence - 1) % 2);
}

static void erase_record(int record) {
    records[record].sequence = BLANK;
    if (board_power_goes()) {
        longjmp(board_power_lost, 1);
    }
}

static void write_record(int record, uint32_t sequence, int state) {
    erase_record(record);
    records[record].sequence = sequence;
    records[record].state = state;
}

static bool is_image(int app) {
    return board_flash(app)[0] == 0xE9 && board_flash(app)[1] != 0xFF;
}

const char *board_app(void) {
    return board_partitions[running].label;
}

/* app_update/esp_ota_ops.c: found by the address that the MMU maps; takes nothing. */
const esp_partition_t *esp_ota_get_running_partition(void) {
    return &board_partitions[running];
}

/* app_update/esp_ota_ops.c: maps otadata to read it, and unmaps it. */
const esp_partition_t *esp_ota_get_boot_partition(void) {
    return &board_partitions[chosen()];
}

/* app_update/esp_ota_ops.c: takes nothing. */
const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *from) {
    (void)from;
    return &board_partitions[1 - running];
}

/* app_update/esp_ota_ops.c: verifies the whole image first: its SHA-256 and MMU pages for it, a second or less for 3
 * MB. Then erases and writes a sector of otadata. */
esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition) {
    const int app = (int)(partition - board_partitions);
    const int active = active_record();
    uint32_t sequence = (uint32_t)(app + 1) % 2;
    if (!is_image(app)) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    if (active < 0) {
        write_record(0, (uint32_t)app + 1, NEW);
        return ESP_OK;
    }
    while (records[active].sequence > sequence) {
        sequence += 2;
    }
    write_record(1 - active, sequence, NEW);
    return ESP_OK;
}

/* app_update/esp_ota_ops.c: erases and writes a sector of otadata, unless it says so already. */
esp_err_t esp_ota_mark_app_valid_cancel_rollback(void) {
    const int active = active_record();
    if (active < 0) {
        return ESP_FAIL;
    }
    if (records[active].state != VALID) {
        write_record(active, records[active].sequence, VALID);
    }
    return ESP_OK;
}

/* app_update/esp_ota_ops.c: takes some 50 bytes of heap, until esp_ota_end or esp_ota_abort. Is refused while the
 * running application is on trial (CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE). 5.5 erases the other record, if that names
 * the other partition. */
esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t size, esp_ota_handle_t *handle) {
    const int active = active_record();
    const int app = (int)(partition - board_partitions);
    if (app == running || size != OTA_WITH_SEQUENTIAL_WRITES) {
        return ESP_ERR_INVALID_ARG;
    }
    if (active >= 0 && records[active].state == PENDING_VERIFY) {
        return ESP_ERR_OTA_ROLLBACK_INVALID_STATE;
    }
    const int other = 1 - active;
    if (board_is_idf_5_5 && active >= 0 && records[other].sequence != BLANK &&
        (int)((records[other].sequence - 1) % 2) != running) {
        erase_record(other);
    }
    free(entry);
    entry = calloc(1, sizeof *entry);
    entry->app = app;
    *handle = ++handles;
    return ESP_OK;
}

/* app_update/esp_ota_ops.c: erases each sector when it is reached, then writes; takes no heap. */
esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *data, size_t size) {
    if (entry == NULL || handle != handles) {
        return ESP_ERR_INVALID_ARG;
    }
    const esp_partition_t *partition = &board_partitions[entry->app];
    for (size_t at = (entry->written + BOARD_SECTOR - 1) / BOARD_SECTOR * BOARD_SECTOR; at < entry->written + size;
         at += BOARD_SECTOR) {
        const esp_err_t result = esp_partition_erase_range(partition, at, BOARD_SECTOR);
        if (result != ESP_OK) {
            return result;
        }
    }
    if (entry->written == 0 && *(const uint8_t *)data != 0xE9) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    entry->written += size;
    return esp_partition_write(partition, entry->written - size, data, size);
}

/* app_update/esp_ota_ops.c: verifies the whole image, as esp_ota_set_boot_partition does again; ends the handle,
 * whatever the verdict. Nothing written: ESP_ERR_INVALID_ARG. */
esp_err_t esp_ota_end(esp_ota_handle_t handle) {
    if (entry == NULL || handle != handles) {
        return ESP_ERR_NOT_FOUND;
    }
    const ota_entry ended = *entry;
    (void)esp_ota_abort(handle);
    return ended.written == 0 ? ESP_ERR_INVALID_ARG : is_image(ended.app) ? ESP_OK : ESP_ERR_OTA_VALIDATE_FAILED;
}

/* app_update/esp_ota_ops.c: gives the handle's heap back; ESP_ERR_NOT_FOUND if it was ended. */
esp_err_t esp_ota_abort(esp_ota_handle_t handle) {
    if (entry == NULL || handle != handles) {
        return ESP_ERR_NOT_FOUND;
    }
    free(entry);
    entry = NULL;
    return ESP_OK;
}

void otadata_erase(void) {
    records[0].sequence = records[1].sequence = BLANK;
}

void otadata_boot(void) {
    free(entry); /* the heap begins anew */
    entry = NULL;
    for (int i = 0; i < 2; i++) {
        if (records[i].sequence != BLANK && records[i].state == PENDING_VERIFY) {
            records[i].state = ABORTED;
        }
    }
    const int active = active_record();
    running = chosen();
    if (active >= 0 && records[active].state == NEW) {
        records[active].state = PENDING_VERIFY;
    } else if (records[0].sequence == BLANK && records[1].sequence == BLANK) {
        records[0].sequence = 1;
        records[0].state = VALID;
    }
    running = is_image(running) ? running : 1 - running;
}
