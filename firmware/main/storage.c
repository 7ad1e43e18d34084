/* SPDX-License-Identifier: MIT */
#include "storage.h"

#include <string.h>

#include "esp_log.h"
#include "esp_system.h"
#include "hash.h"
#include "port.h"
#include "settings.h"

#define FIRST_SUBTYPE 0x40
#define TRIAL "try_model" /* setting: the number of the slot, "0" or "1" */

static const char TAG[] = "storage";
static const uint8_t magic[STORAGE_MAGIC] = {0x48, 0x49, 0x4C, 0x4D};
static const uint8_t nothing[STORAGE_MAGIC];

static const esp_partition_t *slots[2];
static int used;
static bool on_trial;
static const uint8_t *mapped;

static bool has_magic(const esp_partition_t *slot) {
    uint8_t start[STORAGE_MAGIC];
    return slot != NULL && esp_partition_read(slot, 0, start, sizeof start) == ESP_OK &&
           memcmp(start, magic, sizeof magic) == 0;
}

/* A trial lasts for one boot, the one that `reboot` makes. */
static bool take_trial(void) {
    char number[2];
    if (hil_settings_get(TRIAL, number, sizeof number) != ESP_OK) {
        return false;
    }
    const esp_err_t result = hil_settings_put(TRIAL, NULL);
    if (result != ESP_OK) {
        ESP_LOGE(TAG, "the new model is not tried: %s", esp_err_to_name(result));
        return false;
    }
    used = number[0] == '1';
    return slots[used] != NULL && esp_reset_reason() == ESP_RST_SW;
}

void hil_storage_init(void) {
    esp_partition_mmap_handle_t handle;
    const void *start = NULL;
    esp_err_t result = ESP_ERR_NOT_FOUND;
    for (int i = 0; i < 2; i++) {
        const esp_partition_subtype_t subtype = (esp_partition_subtype_t)(FIRST_SUBTYPE + i);
        slots[i] = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, subtype, NULL);
    }
    on_trial = take_trial();
    if (!on_trial) {
        used = !has_magic(slots[0]) && has_magic(slots[1]);
    }
    if (slots[used] != NULL) {
        result = esp_partition_mmap(slots[used], 0, slots[used]->size, ESP_PARTITION_MMAP_DATA, &start, &handle);
    }
    if (result != ESP_OK) {
        ESP_LOGE(TAG, "the model partition cannot be used: %s", esp_err_to_name(result));
    }
    mapped = start;
}

const esp_partition_t *hil_storage_in_use(void) {
    return slots[used];
}

const esp_partition_t *hil_storage_spare(void) {
    return slots[1 - used];
}

bool hil_storage_is_on_trial(void) {
    return on_trial;
}

esp_err_t hil_storage_plan_trial(bool is_wanted) {
    return hil_settings_put(TRIAL, !is_wanted ? NULL : used == 0 ? "1" : "0");
}

esp_err_t hil_storage_keep(void) {
    esp_err_t result = esp_partition_write(slots[used], 0, magic, sizeof magic);
    if (result == ESP_OK && hil_storage_spare() != NULL) { /* NOR flash: ones become zeros without erasing */
        result = esp_partition_write(hil_storage_spare(), 0, nothing, sizeof nothing);
    }
    on_trial = on_trial && result != ESP_OK;
    return result;
}

const uint8_t *hil_storage_map(uint32_t offset, uint32_t length) {
    const uint32_t size = hil_slot_size(NULL);
    return offset <= size && length <= size - offset ? &mapped[offset] : NULL;
}

uint32_t hil_slot_size(void *ctx) {
    (void)ctx;
    return mapped != NULL ? slots[used]->size : 0;
}

sn_error hil_slot_read(void *ctx, uint32_t offset, void *to, uint32_t length) {
    (void)ctx;
    const uint8_t *from = hil_storage_map(offset, length);
    if (from == NULL) {
        return SN_ERR_SLOT_LENGTH;
    }
    memcpy(to, from, length);
    if (on_trial && offset < STORAGE_MAGIC) { /* it is written when the model is kept */
        const uint32_t left = STORAGE_MAGIC - offset;
        memcpy(to, &magic[offset], length < left ? length : left);
    }
    return SN_OK;
}

sn_error hil_slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]) {
    (void)ctx;
    size_t written;
    psa_hash_operation_t hash = PSA_HASH_OPERATION_INIT;
    const uint8_t *from = hil_storage_map(offset, length);
    if (from == NULL) {
        return SN_ERR_SLOT_LENGTH;
    }
    psa_status_t status = psa_hash_setup(&hash, PSA_ALG_SHA_256);
    status = status == PSA_SUCCESS ? hil_hash_add(&hash, from, length) : status;
    status = status == PSA_SUCCESS ? psa_hash_finish(&hash, digest, 32, &written) : status;
    return status == PSA_SUCCESS ? SN_OK : SN_ERR_STORAGE;
}
