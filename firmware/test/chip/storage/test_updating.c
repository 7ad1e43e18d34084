/* SPDX-License-Identifier: MIT */
#include "test_updating.h"

#include <string.h>

#include "settings.h"
#include "sha256.h"
#include "storage.h"

const uint8_t magic[4] = {0x48, 0x49, 0x4C, 0x4D};

void fill(uint8_t *to, uint8_t with) {
    for (uint32_t i = 0; i < SIZE; i++) {
        to[i] = (uint8_t)(i * 7 + with);
    }
    memcpy(to, magic, sizeof magic);
}

void boot(esp_reset_reason_t reason) {
    board_boot(reason);
    (void)hil_settings_init();
    hil_storage_init();
}

void make(int slots) {
    board_make(slots);
    fill(board_flash(MODEL_0), 1);
    boot(ESP_RST_POWERON);
}

const char *model(void) {
    return hil_storage_in_use()->label;
}

bool holds(uint8_t with) {
    static uint8_t expected[SIZE], read[SIZE];
    fill(expected, with);
    return hil_slot_read(NULL, 0, read, SIZE) == SN_OK && memcmp(read, expected, SIZE) == 0;
}

static sn_error send(sn_update what, const uint8_t *data, uint32_t piece) {
    uint8_t digest[32];
    sn_error code = hil_update_begin(NULL, what, SIZE);
    for (uint32_t at = 0; code == SN_OK && at < SIZE; at += piece) {
        code = hil_update_write(NULL, &data[at], piece < SIZE - at ? piece : SIZE - at);
    }
    sha256(data, SIZE, digest);
    return code == SN_OK ? hil_update_end(NULL, digest) : code;
}

sn_error send_model(uint8_t with, uint32_t piece) {
    static uint8_t data[SIZE];
    fill(data, with);
    return send(SN_UPDATE_MODEL, data, piece);
}

sn_error send_app(uint8_t first, uint8_t version) {
    static uint8_t data[SIZE];
    memset(data, version, sizeof data);
    data[0] = first;
    return send(SN_UPDATE_APP, data, 1024);
}
