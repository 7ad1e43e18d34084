/* SPDX-License-Identifier: MIT */
#ifndef ESP_VFS_EVENTFD_H
#define ESP_VFS_EVENTFD_H

#include <sys/eventfd.h>

#include "esp_err.h"

typedef int esp_vfs_eventfd_config_t;

#define ESP_VFS_EVENTD_CONFIG_DEFAULT() 1
esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *config);

#endif
