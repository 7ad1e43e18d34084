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
static size_t written;

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

static void write_record(int record, uint32_t sequence, int state) {
    records[record].sequence = BLANK;
    if (board_power_goes()) {
        longjmp(board_power_lost, 1);
    }
    records[record].sequence = sequence;
    records[record].state = state;
}

static bool is_image(int app) {
    return board_flash(app)[0] == 0xE9 && board_flash(app)[1] != 0xFF;
}

const char *board_app(void) {
    return board_partitions[running].label;
}

const esp_partition_t *esp_ota_get_running_partition(void) {
    return &board_partitions[running];
}

const esp_partition_t *esp_ota_get_boot_partition(void) {
    return &board_partitions[chosen()];
}

const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *from) {
    (void)from;
    return &board_partitions[1 - running];
}

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

esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t size, esp_ota_handle_t *handle) {
    *handle = (esp_ota_handle_t)(partition - board_partitions);
    written = 0;
    return size == OTA_WITH_SEQUENTIAL_WRITES && *handle != (esp_ota_handle_t)running ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *data, size_t size) {
    for (size_t at = (written + BOARD_SECTOR - 1) / BOARD_SECTOR * BOARD_SECTOR; at < written + size;
         at += BOARD_SECTOR) {
        esp_partition_erase_range(&board_partitions[handle], at, BOARD_SECTOR);
    }
    if (written == 0 && *(const uint8_t *)data != 0xE9) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    written += size;
    return esp_partition_write(&board_partitions[handle], written - size, data, size);
}

esp_err_t esp_ota_end(esp_ota_handle_t handle) {
    return is_image((int)handle) ? ESP_OK : ESP_ERR_OTA_VALIDATE_FAILED;
}

esp_err_t esp_ota_abort(esp_ota_handle_t handle) {
    (void)handle;
    return ESP_OK;
}

void otadata_erase(void) {
    records[0].sequence = records[1].sequence = BLANK;
}

void otadata_boot(void) {
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
