/* SPDX-License-Identifier: MIT */
#include "storage.h"

#include <string.h>

#include "esp_log.h"
#include "esp_system.h"
#include "psa/crypto.h"
#include "settings.h"

#define SLOTS 2
#define FIRST_SUBTYPE 0x40

static const char TAG[] = "storage";
static const uint8_t magic[STORAGE_MAGIC] = {0x48, 0x49, 0x4C, 0x4D};
static const uint8_t nothing[STORAGE_MAGIC];

static const esp_partition_t *slots[SLOTS];
static uint8_t used;
static bool on_trial;
static const uint8_t *mapped;

static bool has_magic(const esp_partition_t *slot) {
    uint8_t start[STORAGE_MAGIC];
    return slot != NULL && esp_partition_read(slot, 0, start, sizeof start) == ESP_OK &&
           memcmp(start, magic, sizeof magic) == 0;
}

/* A trial lasts for one boot, the one that `reboot` makes. */
static bool take_trial(uint8_t *slot) {
    char number[2];
    if (settings_get(SETTINGS_TRIAL, number, sizeof number) != ESP_OK) {
        return false;
    }
    const esp_err_t result = settings_put(SETTINGS_TRIAL, NULL);
    if (result != ESP_OK) {
        ESP_LOGE(TAG, "the new model is not tried: %s", esp_err_to_name(result));
        return false;
    }
    *slot = number[0] == '1' ? 1 : 0;
    return slots[*slot] != NULL && esp_reset_reason() == ESP_RST_SW;
}

void storage_init(void) {
    for (int i = 0; i < SLOTS; i++) {
        const esp_partition_subtype_t subtype = (esp_partition_subtype_t)(FIRST_SUBTYPE + i);
        slots[i] = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, subtype, NULL);
    }
    on_trial = take_trial(&used);
    if (!on_trial) {
        used = !has_magic(slots[0]) && has_magic(slots[1]) ? 1 : 0;
    }
    esp_partition_mmap_handle_t handle;
    const void *start = NULL;
    esp_err_t result = ESP_ERR_NOT_FOUND;
    if (slots[used] != NULL) {
        result = esp_partition_mmap(slots[used], 0, slots[used]->size, ESP_PARTITION_MMAP_DATA, &start, &handle);
    }
    if (result == ESP_OK && psa_crypto_init() != PSA_SUCCESS) {
        result = ESP_FAIL;
    }
    if (result != ESP_OK) {
        ESP_LOGE(TAG, "the model partition cannot be used: %s", esp_err_to_name(result));
        return;
    }
    mapped = start;
}

const esp_partition_t *storage_in_use(void) {
    return slots[used];
}

bool storage_is_on_trial(void) {
    return on_trial;
}

const esp_partition_t *storage_spare(uint8_t *slot) {
    *slot = used == 0 ? 1 : 0;
    return slots[*slot];
}

sn_error storage_keep(void) {
    uint8_t spare;
    const esp_partition_t *other = storage_spare(&spare);
    esp_err_t result = esp_partition_write(slots[used], 0, magic, sizeof magic);
    if (result == ESP_OK && other != NULL) {
        result =
            esp_partition_write(other, 0, nothing, sizeof nothing); /* NOR flash: ones become zeros without erasing */
    }
    if (result != ESP_OK) {
        ESP_LOGE(TAG, "the model on trial is not kept: %s", esp_err_to_name(result));
        return SN_ERR_STORAGE;
    }
    on_trial = false;
    return SN_OK;
}

const uint8_t *storage_map(uint32_t offset, uint32_t length) {
    const uint32_t size = slot_size(NULL);
    return offset <= size && length <= size - offset ? &mapped[offset] : NULL;
}

uint32_t slot_size(void *ctx) {
    (void)ctx;
    return mapped != NULL ? slots[used]->size : 0;
}

sn_error slot_read(void *ctx, uint32_t offset, void *to, uint32_t length) {
    (void)ctx;
    const uint8_t *from = storage_map(offset, length);
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

sn_error slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]) {
    (void)ctx;
    size_t written = 0;
    const uint8_t *from = storage_map(offset, length);
    if (from == NULL) {
        return SN_ERR_SLOT_LENGTH;
    }
    return psa_hash_compute(PSA_ALG_SHA_256, from, length, digest, 32, &written) == PSA_SUCCESS ? SN_OK
                                                                                                : SN_ERR_STORAGE;
}
