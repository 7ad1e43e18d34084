/* SPDX-License-Identifier: MIT */
/* NVS: strings. */
#include <string.h>

#include "board.h"

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

/* All or nothing. */
static void change_stored(int at, const char *key, const char *text) {
    if (board_power_goes()) {
        longjmp(board_power_lost, 1);
    }
    snprintf(stored[at].key, sizeof stored[at].key, "%s", key);
    snprintf(stored[at].text, sizeof stored[at].text, "%s", text);
}

/* nvs_flash/src/nvs_api.cpp: takes some 100 bytes of heap a page of the partition, and more for each item; blocks while
 * it reads the whole partition. */
esp_err_t nvs_flash_init(void) {
    return board_nvs_error;
}

/* nvs_flash/src/nvs_api.cpp: erases the partition's six sectors, a third of a second. */
esp_err_t nvs_flash_erase(void) {
    memset(stored, 0, sizeof stored);
    board_nvs_error = ESP_OK;
    return ESP_OK;
}

/* nvs_flash/src/nvs_api.cpp: takes some 50 bytes of heap until nvs_close. A namespace that nothing was written to
 * cannot be opened to read. */
esp_err_t nvs_open(const char *name, int mode, nvs_handle_t *handle) {
    if (strlen(name) > 15 || board_nvs_error != ESP_OK) {
        return board_nvs_error != ESP_OK ? board_nvs_error : ESP_ERR_NVS_KEY_TOO_LONG;
    }
    static bool is_made;
    is_made = is_made || mode == NVS_READWRITE;
    *handle = mode == NVS_READWRITE ? NVS_WRITABLE : NVS_READABLE;
    return is_made ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

/* nvs_flash/src/nvs_api.cpp: what is too long, with its zero, is not cut but refused. */
esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *to, size_t *size) {
    if (handle == NVS_CLOSED || find(key) < 0) {
        return handle == NVS_CLOSED ? ESP_ERR_NVS_INVALID_HANDLE : ESP_ERR_NVS_NOT_FOUND;
    }
    const size_t needed = strlen(stored[find(key)].text) + 1;
    const bool fits = *size >= needed;
    *size = needed;
    if (!fits) {
        return ESP_ERR_NVS_INVALID_LENGTH;
    }
    memcpy(to, stored[find(key)].text, needed);
    return ESP_OK;
}

/* nvs_flash/src/nvs_api.cpp, nvs_flash/src/nvs_storage.cpp: writes nothing where nothing changes; may erase a page, for
 * some 50 ms, to make room. */
esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *text) {
    if (handle != NVS_WRITABLE || strlen(key) > 15) {
        return handle != NVS_WRITABLE ? ESP_ERR_NVS_INVALID_HANDLE : ESP_ERR_NVS_KEY_TOO_LONG;
    }
    const int old = find(key);
    if (old < 0 && find("") < 0) {
        return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
    }
    if (old < 0 || strcmp(stored[old].text, text) != 0) {
        change_stored(old >= 0 ? old : find(""), key, text);
    }
    return ESP_OK;
}

/* nvs_flash/src/nvs_api.cpp: ESP_ERR_NVS_NOT_FOUND where there is no such key. */
esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key) {
    if (handle != NVS_WRITABLE || find(key) < 0) {
        return handle != NVS_WRITABLE ? ESP_ERR_NVS_INVALID_HANDLE : ESP_ERR_NVS_NOT_FOUND;
    }
    change_stored(find(key), "", "");
    return ESP_OK;
}

/* nvs_flash/src/nvs_api.cpp: does nothing so far; nvs_set_str has written. */
esp_err_t nvs_commit(nvs_handle_t handle) {
    return handle == NVS_WRITABLE ? ESP_OK : ESP_ERR_NVS_INVALID_HANDLE;
}

/* nvs_flash/src/nvs_api.cpp: gives the handle's heap back. */
void nvs_close(nvs_handle_t handle) {
    (void)handle;
}
