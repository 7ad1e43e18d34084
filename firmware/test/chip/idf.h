/* SPDX-License-Identifier: MIT */
/*
 * What firmware/main uses of ESP-IDF, for tests on this machine: flash of which a write only clears bits and whose
 * power can be cut, otadata and the bootloader's choice as ESP-IDF 5.3 makes them, NVS, PSA's hashes, queues and
 * eventfd. Each header of ESP-IDF is this one here (tests/firmware/test_chip.py), or one of a part's own around it.
 */
#ifndef IDF_H
#define IDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/select.h>

typedef int esp_err_t;
#define ESP_OK 0
#define ESP_FAIL -1
#define ESP_ERR_NO_MEM 0x101
#define ESP_ERR_INVALID_ARG 0x102
#define ESP_ERR_INVALID_STATE 0x103
#define ESP_ERR_NOT_FOUND 0x105
#define ESP_ERR_INVALID_SIZE 0x104
#define ESP_ERR_TIMEOUT 0x107
#define ESP_ERR_OTA_VALIDATE_FAILED 0x1503
#define ESP_ERR_OTA_ROLLBACK_INVALID_STATE 0x1506
#define ESP_ERR_NVS_NOT_FOUND 0x1102
#define ESP_ERR_NVS_NOT_ENOUGH_SPACE 0x1105
#define ESP_ERR_NVS_INVALID_HANDLE 0x1107
#define ESP_ERR_NVS_KEY_TOO_LONG 0x1109
#define ESP_ERR_NVS_INVALID_LENGTH 0x110c
#define ESP_ERR_NVS_NO_FREE_PAGES 0x110d
#define ESP_ERR_NVS_NEW_VERSION_FOUND 0x1110
#define ESP_ERR_WIFI_NOT_INIT 0x3001
#define IRAM_ATTR
#define ESP_ERROR_CHECK(x) ((x) == ESP_OK ? (void)0 : abort())
#define ESP_LOGE(tag, ...) (printf("%s: ", tag), printf(__VA_ARGS__))
#define ESP_LOGW ESP_LOGE
const char *esp_err_to_name(esp_err_t code);
size_t strlcpy(char *to, const char *from, size_t size); /* newlib's; glibc has it from 2.38 on */

typedef enum { ESP_RST_POWERON = 1, ESP_RST_SW = 3, ESP_RST_PANIC = 4 } esp_reset_reason_t;
esp_reset_reason_t esp_reset_reason(void);

typedef enum { ESP_PARTITION_TYPE_DATA = 1 } esp_partition_type_t;
typedef int esp_partition_subtype_t;
typedef int esp_partition_mmap_handle_t;
#define ESP_PARTITION_MMAP_DATA 0
typedef struct {
    uint32_t size;
    uint32_t erase_size;
    char label[17];
} esp_partition_t;
const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype,
                                                const char *label);
esp_err_t esp_partition_read(const esp_partition_t *partition, size_t offset, void *to, size_t size);
esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *from, size_t size);
esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size);
esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t size, int memory,
                             const void **address, esp_partition_mmap_handle_t *handle);

typedef uint32_t esp_ota_handle_t;
#define OTA_WITH_SEQUENTIAL_WRITES 0xfffffffe
const esp_partition_t *esp_ota_get_running_partition(void);
const esp_partition_t *esp_ota_get_boot_partition(void);
const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *from);
esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition);
esp_err_t esp_ota_mark_app_valid_cancel_rollback(void);
esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t size, esp_ota_handle_t *handle);
esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *data, size_t size);
esp_err_t esp_ota_end(esp_ota_handle_t handle);
esp_err_t esp_ota_abort(esp_ota_handle_t handle);

typedef int nvs_handle_t;
enum { NVS_READONLY, NVS_READWRITE };
enum { NVS_CLOSED, NVS_READABLE, NVS_WRITABLE }; /* of the handle */
esp_err_t nvs_flash_init(void);
esp_err_t nvs_flash_erase(void);
esp_err_t nvs_open(const char *name, int mode, nvs_handle_t *handle);
esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *to, size_t *size);
esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *text);
esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key);
esp_err_t nvs_commit(nvs_handle_t handle);
void nvs_close(nvs_handle_t handle);

typedef int psa_status_t;
typedef struct {
    int algorithm; /* 0: not set up */
    uint8_t *data;
    size_t length;
} psa_hash_operation_t;
#define PSA_HASH_OPERATION_INIT {0, NULL, 0}
#define PSA_SUCCESS 0
#define PSA_ERROR_BAD_STATE -137
#define PSA_ERROR_INSUFFICIENT_MEMORY -141
#define PSA_ERROR_INVALID_SIGNATURE -149
#define PSA_ALG_SHA_256 9
psa_status_t psa_hash_compute(int algorithm, const uint8_t *data, size_t length, uint8_t *hash, size_t size,
                              size_t *written);
psa_status_t psa_hash_setup(psa_hash_operation_t *operation, int algorithm);
psa_status_t psa_hash_update(psa_hash_operation_t *operation, const uint8_t *data, size_t length);
psa_status_t psa_hash_finish(psa_hash_operation_t *operation, uint8_t *hash, size_t size, size_t *made);
psa_status_t psa_hash_verify(psa_hash_operation_t *operation, const uint8_t *hash, size_t length);
psa_status_t psa_hash_abort(psa_hash_operation_t *operation);

typedef uint32_t TickType_t;
typedef struct queue *QueueHandle_t;
typedef struct task *TaskHandle_t;
#define pdMS_TO_TICKS(ms) (ms)
#define portMAX_DELAY UINT32_MAX
#define pdTRUE 1
#define pdFALSE 0
QueueHandle_t xQueueCreate(unsigned length, unsigned size);
#define MALLOC_CAP_SPIRAM (1u << 10)
#define MALLOC_CAP_8BIT (1u << 2)
QueueHandle_t xQueueCreateWithCaps(unsigned length, unsigned size, unsigned caps);
int xQueueSend(QueueHandle_t queue, const void *item, TickType_t wait);
int xQueueReceive(QueueHandle_t queue, void *item, TickType_t wait);
void vTaskDelay(TickType_t ticks);
void xTaskNotifyGive(TaskHandle_t task);
uint32_t ulTaskNotifyTake(int clear, TickType_t wait);

typedef int esp_vfs_eventfd_config_t;
#define ESP_VFS_EVENTD_CONFIG_DEFAULT() 0
int board_select(int count, fd_set *readable, fd_set *writable, fd_set *failed, struct timeval *wait);
#define select board_select
esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *config);
int64_t esp_timer_get_time(void);
uint32_t esp_log_timestamp(void);
void esp_panic_handler(void *info);
esp_err_t esp_task_wdt_add(void *task);
esp_err_t esp_task_wdt_delete(void *task);
esp_err_t esp_task_wdt_reset(void);

#endif
