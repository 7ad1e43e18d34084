/* SPDX-License-Identifier: MIT */
/* What the board remembers over a reset, in NVS. Everything fails, and says so, where NVS cannot be used. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stddef.h>

#include "esp_err.h"

/* NVS that cannot be read by this version of ESP-IDF, or has no free page left, is erased. */
esp_err_t hil_settings_init(void);

/* ESP_ERR_NVS_NOT_FOUND: nothing is stored. */
esp_err_t hil_settings_get(const char *key, char *text, size_t size);
/* NULL removes it. Flash is written only where something changes. */
esp_err_t hil_settings_put(const char *key, const char *text);

/* The access point that was joined last. */
esp_err_t hil_settings_load_wifi(char ssid[33], char password[65]);
esp_err_t hil_settings_save_wifi(const char *ssid, const char *password);

#endif
