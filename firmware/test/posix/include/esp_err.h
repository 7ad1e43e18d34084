/* SPDX-License-Identifier: MIT */
#ifndef ESP_ERR_H
#define ESP_ERR_H

typedef int esp_err_t;

enum {
    ESP_FAIL = -1,
    ESP_OK = 0,
    ESP_ERR_NO_MEM = 0x101,
    ESP_ERR_INVALID_ARG = 0x102,
    ESP_ERR_INVALID_STATE = 0x103,
    ESP_ERR_NOT_FOUND = 0x105,
};

const char *esp_err_to_name(esp_err_t code);

#define ESP_ERROR_CHECK(code) ((code) == ESP_OK ? (void)0 : __builtin_trap())

#endif
