/* SPDX-License-Identifier: MIT */
/* A new application or model, written to the partition that is not in use as it comes. */
#include <stdbool.h>

#include "esp_log.h"
#include "esp_ota_ops.h"
#include "hash.h"
#include "port.h"
#include "storage.h"

static struct {
    enum { NONE, APP, MODEL } kind;
    const esp_partition_t *target;
    esp_ota_handle_t ota;
    uint32_t offset;
    psa_hash_operation_t hash;
} update;

static void forget(void) {
    if (update.kind == APP) {
        esp_ota_abort(update.ota);
    }
    update.kind = NONE;
    psa_hash_abort(&update.hash);
}

static sn_error outcome(esp_err_t result) {
    if (result == ESP_OK) {
        return SN_OK;
    }
    ESP_LOGE("update", "%s", esp_err_to_name(result));
    forget();
    return result == ESP_ERR_OTA_VALIDATE_FAILED ? SN_ERR_UPDATE_INVALID : SN_ERR_STORAGE;
}

static esp_err_t hashed(psa_status_t status) {
    return status == PSA_SUCCESS ? ESP_OK : ESP_FAIL;
}

/* What an earlier update chose and no boot has tried is taken back first. ESP-IDF writes each choice over the older of
 * otadata's two records, which would now be the running application's: a trial that fails would find no way back. */
static esp_err_t begin_app(void) {
    const esp_partition_t *running = esp_ota_get_running_partition();
    esp_err_t result = ESP_OK;
    if (esp_ota_get_boot_partition() != running) {
        result = esp_ota_set_boot_partition(running);
        result = result == ESP_OK ? esp_ota_mark_app_valid_cancel_rollback() : result;
    }
    /* Erases as it goes: the whole at once would take many seconds. */
    return result == ESP_OK ? esp_ota_begin(update.target, OTA_WITH_SEQUENTIAL_WRITES, &update.ota) : result;
}

static esp_err_t begin_model(void) {
    const esp_err_t result = hil_storage_plan_trial(false);
    return result == ESP_OK ? esp_partition_erase_range(update.target, 0, update.target->erase_size) : result;
}

sn_error hil_update_begin(void *ctx, sn_update what, uint32_t size) {
    (void)ctx;
    forget();
    const bool is_app = what == SN_UPDATE_APP;
    update.target = is_app ? esp_ota_get_next_update_partition(NULL) : hil_storage_spare();
    if (update.target == NULL || update.target == esp_ota_get_running_partition()) {
        return SN_ERR_UNSUPPORTED;
    }
    if (size > update.target->size) {
        return SN_ERR_BAD_ARGUMENT;
    }
    update.offset = 0;
    esp_err_t result = hashed(psa_hash_setup(&update.hash, PSA_ALG_SHA_256));
    if (result == ESP_OK) {
        result = is_app ? begin_app() : begin_model();
    }
    update.kind = result != ESP_OK ? NONE : is_app ? APP : MODEL;
    return outcome(result);
}

/* Erases each sector when it is reached; the first one is. The magic is written by hil_storage_keep. */
static esp_err_t write_model(const uint8_t *data, uint32_t length) {
    const uint32_t sector = update.target->erase_size;
    const uint32_t next = (update.offset + sector - 1) / sector * sector;
    for (uint32_t at = next == 0 ? sector : next; at < update.offset + length; at += sector) {
        const esp_err_t result = esp_partition_erase_range(update.target, at, sector);
        if (result != ESP_OK) {
            return result;
        }
    }
    const uint32_t skipped = update.offset >= STORAGE_MAGIC ? 0 : STORAGE_MAGIC - update.offset;
    return length <= skipped
               ? ESP_OK
               : esp_partition_write(update.target, update.offset + skipped, &data[skipped], length - skipped);
}

sn_error hil_update_write(void *ctx, const uint8_t *data, uint32_t length) {
    (void)ctx;
    if (update.kind == NONE) {
        return SN_ERR_STORAGE;
    }
    esp_err_t result = hashed(hil_hash_add(&update.hash, data, length));
    if (result == ESP_OK) {
        result = update.kind == APP ? esp_ota_write(update.ota, data, length) : write_model(data, length);
    }
    update.offset += length;
    return outcome(result);
}

sn_error hil_update_end(void *ctx, const uint8_t sha256[32]) {
    (void)ctx;
    const bool is_app = update.kind == APP;
    if (update.kind == NONE) {
        return SN_ERR_STORAGE;
    }
    const psa_status_t verdict = psa_hash_verify(&update.hash, sha256, 32);
    if (verdict != PSA_SUCCESS) {
        forget();
        return verdict == PSA_ERROR_INVALID_SIGNATURE ? SN_ERR_UPDATE_SHA256 : SN_ERR_STORAGE;
    }
    update.kind = NONE; /* esp_ota_end ends it, whatever it finds */
    if (!is_app) {
        return outcome(hil_storage_plan_trial(true));
    }
    const esp_err_t result = esp_ota_end(update.ota);
    return outcome(result == ESP_OK ? esp_ota_set_boot_partition(update.target) : result);
}

sn_error hil_update_confirm(void *ctx, sn_update what) {
    (void)ctx;
    return outcome(what == SN_UPDATE_MODEL ? hil_storage_keep() : esp_ota_mark_app_valid_cancel_rollback());
}
