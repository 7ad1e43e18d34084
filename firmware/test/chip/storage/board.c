/* SPDX-License-Identifier: MIT */
#include "board.h"

#include <string.h>

#include "sha256.h"

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

static uint8_t flash[BOARD_PARTITIONS][BOARD_SLOT];
const esp_partition_t board_partitions[BOARD_PARTITIONS] = {{BOARD_SLOT, BOARD_SECTOR, "ota_0"},
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
    return subtype - 0x40 < model_slots ? &board_partitions[MODEL_0 + subtype - 0x40] : NULL;
}

static uint8_t *inside(const esp_partition_t *partition, size_t offset, size_t size) {
    if (offset > partition->size || size > partition->size - offset) {
        abort();
    }
    return &flash[partition - board_partitions][offset];
}

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *to, size_t size) {
    memcpy(to, inside(partition, offset, size), size);
    return ESP_OK;
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *from, size_t size) {
    uint8_t *to = inside(partition, offset, size);
    const bool is_cut = board_power_goes();
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
    const bool is_cut = board_power_goes();
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
    if (board_power_goes()) {
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
    otadata_erase();
    flash[OTA_0][0] = 0xE9;
    flash[OTA_0][1] = 0;
    model_slots = slots;
    changes_left = 0;
    board_nvs_error = ESP_OK;
}

void board_boot(esp_reset_reason_t reason) {
    reset_reason = reason;
    otadata_boot();
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
