/* SPDX-License-Identifier: MIT */
#include "idf.h"

#include <string.h>
#include <time.h>

#include "board.h"
#include "sha256.h"

/* Power */

jmp_buf board_power_lost;
static int changes_left;

void board_cut_power_at(int change) {
    changes_left = change;
}

static bool power_goes(void) {
    return changes_left > 0 && --changes_left == 0;
}

/* Flash */

static uint8_t flash[BOARD_PARTITIONS][BOARD_SLOT];
static const esp_partition_t partitions[BOARD_PARTITIONS] = {{BOARD_SLOT, BOARD_SECTOR, "ota_0"},
                                                             {BOARD_SLOT, BOARD_SECTOR, "ota_1"},
                                                             {BOARD_SLOT, BOARD_SECTOR, "model_0"},
                                                             {BOARD_SLOT, BOARD_SECTOR, "model_1"}};
static int model_slots;

uint8_t *board_flash(int partition) {
    return flash[partition];
}

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype,
                                                const char *label) {
    (void)type, (void)label;
    return subtype - 0x40 < model_slots ? &partitions[MODEL_0 + subtype - 0x40] : NULL;
}

static uint8_t *inside(const esp_partition_t *partition, size_t offset, size_t size) {
    if (offset > partition->size || size > partition->size - offset) {
        abort();
    }
    return &flash[partition - partitions][offset];
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *to, size_t size) {
    memcpy(to, inside(partition, offset, size), size);
    return ESP_OK;
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *from, size_t size) {
    uint8_t *to = inside(partition, offset, size);
    const bool is_cut = power_goes();
    for (size_t i = 0; i < (is_cut ? size / 2 : size); i++) {
        to[i] &= ((const uint8_t *)from)[i];
    }
    if (is_cut) {
        longjmp(board_power_lost, 1);
    }
    return ESP_OK;
}

esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size) {
    uint8_t *to = inside(partition, offset, size);
    const bool is_cut = power_goes();
    if (offset % BOARD_SECTOR != 0 || size % BOARD_SECTOR != 0) {
        return ESP_ERR_INVALID_ARG;
    }
    memset(to, 0xFF, is_cut ? size / 2 : size);
    if (is_cut) {
        longjmp(board_power_lost, 1);
    }
    return ESP_OK;
}

esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t size, int memory,
                             const void **address, esp_partition_mmap_handle_t *handle) {
    (void)memory, (void)handle;
    *address = inside(partition, offset, size);
    return ESP_OK;
}

/* Applications: otadata's two records, as components/app_update and components/bootloader_support treat them */

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
    if (power_goes()) {
        longjmp(board_power_lost, 1);
    }
    records[record].sequence = sequence;
    records[record].state = state;
}

static bool is_image(int app) {
    return flash[app][0] == 0xE9 && flash[app][1] != 0xFF;
}

const char *board_app(void) {
    return partitions[running].label;
}

const esp_partition_t *esp_ota_get_running_partition(void) {
    return &partitions[running];
}

const esp_partition_t *esp_ota_get_boot_partition(void) {
    return &partitions[chosen()];
}

const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *from) {
    (void)from;
    return &partitions[1 - running];
}

esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition) {
    const int app = (int)(partition - partitions);
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
    *handle = (esp_ota_handle_t)(partition - partitions);
    written = 0;
    return size == OTA_WITH_SEQUENTIAL_WRITES && *handle != (esp_ota_handle_t)running ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *data, size_t size) {
    for (size_t at = (written + BOARD_SECTOR - 1) / BOARD_SECTOR * BOARD_SECTOR; at < written + size;
         at += BOARD_SECTOR) {
        esp_partition_erase_range(&partitions[handle], at, BOARD_SECTOR);
    }
    if (written == 0 && *(const uint8_t *)data != 0xE9) {
        return ESP_ERR_OTA_VALIDATE_FAILED;
    }
    written += size;
    return esp_partition_write(&partitions[handle], written - size, data, size);
}

esp_err_t esp_ota_end(esp_ota_handle_t handle) {
    return is_image((int)handle) ? ESP_OK : ESP_ERR_OTA_VALIDATE_FAILED;
}

esp_err_t esp_ota_abort(esp_ota_handle_t handle) {
    (void)handle;
    return ESP_OK;
}

/* NVS: strings */

static struct {
    char key[16];
    char text[80];
} stored[4];
esp_err_t board_nvs_error;

static int find(const char *key) {
    for (int i = 0; i < 4; i++) {
        if (strcmp(stored[i].key, key) == 0) {
            return i;
        }
    }
    return -1;
}

static void change_stored(int at, const char *key, const char *text) {
    if (power_goes()) {
        longjmp(board_power_lost, 1);
    }
    snprintf(stored[at].key, sizeof stored[at].key, "%s", key);
    snprintf(stored[at].text, sizeof stored[at].text, "%s", text);
}

esp_err_t nvs_flash_init(void) {
    return board_nvs_error;
}

esp_err_t nvs_flash_erase(void) {
    memset(stored, 0, sizeof stored);
    board_nvs_error = ESP_OK;
    return ESP_OK;
}

esp_err_t nvs_open(const char *name, int mode, nvs_handle_t *handle) {
    (void)name, (void)mode, (void)handle;
    return board_nvs_error;
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *to, size_t *size) {
    (void)handle;
    if (find(key) < 0) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    snprintf(to, *size, "%s", stored[find(key)].text);
    return ESP_OK;
}

esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *text) {
    (void)handle;
    change_stored(find(key) >= 0 ? find(key) : find(""), key, text);
    return ESP_OK;
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key) {
    (void)handle;
    if (find(key) < 0) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    change_stored(find(key), "", "");
    return ESP_OK;
}

esp_err_t nvs_commit(nvs_handle_t handle) {
    (void)handle;
    return ESP_OK;
}

void nvs_close(nvs_handle_t handle) {
    (void)handle;
}

/* The board */

static esp_reset_reason_t reset_reason;

void board_make(int slots) {
    memset(flash, 0xFF, sizeof flash);
    memset(stored, 0, sizeof stored);
    records[0].sequence = records[1].sequence = BLANK;
    flash[OTA_0][0] = 0xE9;
    flash[OTA_0][1] = 0;
    model_slots = slots;
    changes_left = 0;
    board_nvs_error = ESP_OK;
}

void board_boot(esp_reset_reason_t reason) {
    reset_reason = reason;
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

esp_reset_reason_t esp_reset_reason(void) {
    return reset_reason;
}

const char *esp_err_to_name(esp_err_t code) {
    static char name[16];
    snprintf(name, sizeof name, "0x%x\n", (unsigned)code);
    return name;
}

/* PSA */

psa_status_t psa_hash_compute(int algorithm, const uint8_t *data, size_t length, uint8_t *hash, size_t size,
                              size_t *made) {
    (void)algorithm, (void)size;
    sha256(data, length, hash);
    *made = 32;
    return PSA_SUCCESS;
}

psa_status_t psa_hash_setup(psa_hash_operation_t *operation, int algorithm) {
    (void)algorithm;
    if (operation->data != NULL) {
        return PSA_ERROR_BAD_STATE;
    }
    operation->data = malloc(BOARD_SLOT);
    operation->length = 0;
    return PSA_SUCCESS;
}

psa_status_t psa_hash_update(psa_hash_operation_t *operation, const uint8_t *data, size_t length) {
    if (operation->data == NULL) {
        return PSA_ERROR_BAD_STATE;
    }
    memcpy(&operation->data[operation->length], data, length);
    operation->length += length;
    return PSA_SUCCESS;
}

psa_status_t psa_hash_verify(psa_hash_operation_t *operation, const uint8_t *hash, size_t length) {
    uint8_t own[32];
    if (operation->data == NULL) {
        return PSA_ERROR_BAD_STATE;
    }
    sha256(operation->data, operation->length, own);
    psa_hash_abort(operation);
    return length == sizeof own && memcmp(own, hash, length) == 0 ? PSA_SUCCESS : PSA_ERROR_INVALID_SIGNATURE;
}

psa_status_t psa_hash_abort(psa_hash_operation_t *operation) {
    free(operation->data);
    operation->data = NULL;
    return PSA_SUCCESS;
}

/* FreeRTOS and the loop's surroundings */

static struct queue {
    uint8_t items[64][256];
    unsigned first, count, length;
    size_t size;
} only;
int board_queue_length;
void (*board_on_turn)(void);

QueueHandle_t xQueueCreate(unsigned length, unsigned size) {
    if (length > 64 || size > sizeof only.items[0]) {
        return NULL;
    }
    only = (struct queue){.length = length, .size = size};
    board_queue_length = (int)length;
    return &only;
}

int xQueueSend(QueueHandle_t queue, const void *item, TickType_t wait) {
    if (queue->count == queue->length) {
        return wait == 0 ? pdFALSE : (abort(), pdFALSE); /* there is one task only */
    }
    memcpy(queue->items[(queue->first + queue->count++) % queue->length], item, queue->size);
    return pdTRUE;
}

int xQueueReceive(QueueHandle_t queue, void *item, TickType_t wait) {
    (void)wait;
    if (queue->count == 0) {
        return pdFALSE;
    }
    memcpy(item, queue->items[queue->first], queue->size);
    queue->first = (queue->first + 1) % queue->length;
    queue->count--;
    return pdTRUE;
}

void vTaskDelay(TickType_t ticks) {
    (void)ticks;
}

esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *config) {
    (void)config;
    return ESP_OK;
}

int64_t esp_timer_get_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

esp_err_t esp_task_wdt_add(void *task) {
    (void)task;
    return ESP_OK;
}

esp_err_t esp_task_wdt_reset(void) {
    board_on_turn();
    return ESP_OK;
}
