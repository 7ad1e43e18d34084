/* SPDX-License-Identifier: MIT */
/* Sets the board up; then the main task becomes the event task. */
#include <stdio.h>

#include "esp_app_desc.h"
#include "esp_flash.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "esp_ota_ops.h"
#include "esp_psram.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "links.h"
#include "loop.h"
#include "port.h"
#include "psa/crypto.h"
#include "settings.h"
#include "storage.h"

#define EVENT_TASK_PRIORITY 10

/* As on the virtual board (firmware/virtual/port.c): images of 224 x 224 x 3 float32, activations of 80 x 80 x 96
 * float32, outputs of as many elements as a RESULT counts. */
#define IMAGE_SIZE (224u * 224u * 3u * 4u)
#define RECEIVE_SIZE (80u * 80u * 96u * 4u + 128u)
#define OUTPUT_SIZE (65536u * 4u)
/* Half as much again as there: esp-nn's kernels take scratch buffers from it that the reference kernels do not need. */
#define ARENA_SIZE (1536u * 1024u)
/* Without enough PSRAM no model runs; console, gateway and `rtt` do. */
#define PSRAM_NEED (IMAGE_SIZE + RECEIVE_SIZE + OUTPUT_SIZE + ARENA_SIZE)
#define SMALL_SIZE 8192u /* of each buffer then: internal memory is needed for the radios */

static const char TAG[] = "main";

/* esp_reset_reason_t, in its order. */
static const char *const reset_reasons[] = {"UNKNOWN",  "POWERON", "EXT",        "SW",        "PANIC", "INT_WDT",
                                            "TASK_WDT", "WDT",     "DEEPSLEEP",  "BROWNOUT",  "SDIO",  "USB",
                                            "JTAG",     "EFUSE",   "PWR_GLITCH", "CPU_LOCKUP"};
_Static_assert(ESP_RST_CPU_LOCKUP == sizeof reset_reasons / sizeof reset_reasons[0] - 1, "a reason is missing");

static void complain(const char *what, esp_err_t result) {
    if (result != ESP_OK) {
        ESP_LOGE(TAG, "%s: %s", what, esp_err_to_name(result));
    }
}

static const sn_identity *identify(uint32_t arena_size) {
    static char mac[18];
    static char digest[17];
    static sn_identity identity = {
        .chip = CONFIG_IDF_TARGET,
#ifdef CONFIG_NN_ANSI_C
        .kernels = "reference",
#else
        .kernels = "esp-nn",
#endif
#ifdef SN_TEST_BUILD
        .test_build = true,
#endif
    };
    uint8_t address[6] = {0};
    complain("the MAC address cannot be read", esp_read_mac(address, ESP_MAC_BASE));
    snprintf(mac, sizeof mac, MACSTR, MAC2STR(address));
    const esp_app_desc_t *application = esp_app_get_description();
    for (size_t i = 0; i < 8; i++) {
        snprintf(&digest[2 * i], 3, "%02x", application->app_elf_sha256[i]);
    }
    complain("the size of the flash cannot be read", esp_flash_get_physical_size(NULL, &identity.flash_size));
    const esp_partition_t *running = esp_ota_get_running_partition();
    esp_ota_img_states_t state = ESP_OTA_IMG_UNDEFINED;
    (void)esp_ota_get_state_partition(running, &state); /* a table without otadata has none */
    identity.version = application->version;
    identity.source_digest = digest;
    identity.mac = mac;
    identity.reset_reason = reset_reasons[esp_reset_reason()];
    identity.arena_size = arena_size;
#ifdef CONFIG_SPIRAM /* not every chip that this links for has any */
    identity.psram_size = esp_psram_is_initialized() ? esp_psram_get_size() : 0;
#endif
    identity.app_slot = running->label;
    identity.app_on_trial = state == ESP_OTA_IMG_PENDING_VERIFY;
    identity.model_slot = hil_storage_in_use() != NULL ? hil_storage_in_use()->label : NULL;
    identity.model_on_trial = hil_storage_is_on_trial();
    return &identity;
}

static void *allocate(size_t size, uint32_t where) {
    void *memory = heap_caps_aligned_alloc(16, size, where | MALLOC_CAP_8BIT);
    ESP_ERROR_CHECK(memory != NULL ? ESP_OK : ESP_ERR_NO_MEM);
    return memory;
}

void app_main(void) {
    ESP_ERROR_CHECK(hil_loop_init());
    ESP_ERROR_CHECK(hil_console_init());
    const bool has_psram = heap_caps_get_largest_free_block(MALLOC_CAP_SPIRAM) >= PSRAM_NEED;
    if (!has_psram) {
        ESP_LOGE(TAG, "no model can be run: they need %u bytes of octal PSRAM, as an N16R8 module has", PSRAM_NEED);
    }
    complain("nothing is remembered over a reset", hil_settings_init());
    complain("no SHA-256 can be made", psa_crypto_init() == PSA_SUCCESS ? ESP_OK : ESP_FAIL);
    hil_storage_init();
    const uint32_t where = has_psram ? MALLOC_CAP_SPIRAM : MALLOC_CAP_INTERNAL;
    const uint32_t arena_size = has_psram ? ARENA_SIZE : 0;
    sn_memory memory = {
        .image_capacity = has_psram ? IMAGE_SIZE : SMALL_SIZE,
        .receive_capacity = has_psram ? RECEIVE_SIZE : SMALL_SIZE,
        .output_capacity = has_psram ? OUTPUT_SIZE : SMALL_SIZE,
    };
    memory.image = allocate(memory.image_capacity, where);
    memory.receive = allocate(memory.receive_capacity, where);
    memory.output = allocate(memory.output_capacity, where);
    /* Out of PSRAM, ESP-IDF writes flash 32 bytes at a time, and it is from the node that an update is written. */
    sn_node *node = allocate(sn_node_size(), MALLOC_CAP_INTERNAL);
    ESP_ERROR_CHECK(hil_inference_init(has_psram ? allocate(arena_size, where) : NULL, arena_size));
    if (hil_links_init() != SN_OK) {
        ESP_LOGE(TAG, "there are no links");
    }
    vTaskPrioritySet(NULL, EVENT_TASK_PRIORITY);
    hil_loop_run(node, sn_node_init(node, &hil_port_table, identify(arena_size), &memory));
}
