/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include "nvs.h"
#include "nvs_flash.h"

#define NAMESPACE "hil"

esp_err_t hil_settings_init(void) {
    esp_err_t result = nvs_flash_init();
    if (result == ESP_ERR_NVS_NO_FREE_PAGES || result == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        result = nvs_flash_erase();
        result = result == ESP_OK ? nvs_flash_init() : result;
    }
    return result;
}

esp_err_t hil_settings_get(const char *key, char *text, size_t size) {
    nvs_handle_t nvs;
    esp_err_t result = nvs_open(NAMESPACE, NVS_READONLY, &nvs);
    if (result == ESP_OK) {
        result = nvs_get_str(nvs, key, text, &size);
        nvs_close(nvs);
    }
    return result;
}

esp_err_t hil_settings_put(const char *key, const char *text) {
    nvs_handle_t nvs;
    esp_err_t result = nvs_open(NAMESPACE, NVS_READWRITE, &nvs);
    if (result == ESP_OK) {
        result = text != NULL ? nvs_set_str(nvs, key, text) : nvs_erase_key(nvs, key);
        result = result == ESP_OK ? nvs_commit(nvs) : result;
        nvs_close(nvs);
    }
    return text == NULL && result == ESP_ERR_NVS_NOT_FOUND ? ESP_OK : result;
}

esp_err_t hil_settings_load_wifi(char ssid[33], char password[65]) {
    const esp_err_t result = hil_settings_get("ssid", ssid, 33);
    return result == ESP_OK ? hil_settings_get("password", password, 65) : result;
}

esp_err_t hil_settings_save_wifi(const char *ssid, const char *password) {
    const esp_err_t result = hil_settings_put("ssid", ssid);
    return result == ESP_OK ? hil_settings_put("password", password) : result;
}
