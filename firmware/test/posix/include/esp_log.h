/* SPDX-License-Identifier: MIT */
#ifndef ESP_LOG_H
#define ESP_LOG_H

#include <stdio.h>

#include "esp_err.h"

#define ESP_LOGE(tag, format, ...) fprintf(stderr, "E (0) %s: " format "\n", tag, __VA_ARGS__)
#define ESP_LOGW(tag, format, ...) fprintf(stderr, "W (0) %s: " format "\n", tag, __VA_ARGS__)

#endif
