/* SPDX-License-Identifier: MIT */
/*
 * One task: what NimBLE's host task does happens inside the call of a test. What the host's functions take is from
 * NimBLE's own pools, which are in PSRAM (sdkconfig.defaults); where a function finds no memory there, it says
 * BLE_HS_ENOMEM, but for those that start the host: nimble_platform_mem_malloc() asserts.
 */
#include <stdlib.h>

#include "board.h"

#define HOST_STACK 4096u /* CONFIG_BT_NIMBLE_HOST_TASK_STACK_SIZE */
#define TCB 400u
#define CONTROLLER 21000u /* docs/memory.md, without the host task */
#define MSYS_BUFFERS 48
#define FIRST_BUFFER 219u /* 256 but for the buffer's own header, the packet's and the room for what goes in front */

size_t board_psram = 8 << 20, board_internal_heap = 108 * 1024;
int board_buffers = MSYS_BUFFERS;
int board_frames, board_waits;
bool board_host_is_on;
struct ble_hs_cfg ble_hs_cfg;

static uint32_t notified;
static bool is_up;
static char device_name[32], told[128];

/* heap/heap_caps.c: adds up the heaps that have all of `caps`, used or not; takes nothing. */
size_t heap_caps_get_total_size(uint32_t caps) {
    return caps == MALLOC_CAP_SPIRAM ? board_psram : 0;
}

/* esp_hw_support/mac_addr.c: takes nothing; reads the eFuses the first time. ESP_ERR_INVALID_ARG for no buffer,
 * ESP_ERR_NOT_SUPPORTED for a type that the chip has not, ESP_FAIL if the eFuses are broken. */
esp_err_t esp_read_mac(uint8_t *mac, int type) {
    (void)type;
    if (mac == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    memcpy(mac, "\x02\0\0\x4c\0\x01", 6);
    return ESP_OK;
}

/* esp_hw_support/mac_addr.c: takes nothing; ESP_ERR_INVALID_ARG for no MAC. It counts from the next start of the
 * controller on. */
esp_err_t esp_iface_mac_addr_set(const uint8_t *mac, int type) {
    (void)type;
    return mac != NULL ? ESP_OK : ESP_ERR_INVALID_ARG;
}

/* freertos/FreeRTOS-Kernel/include/freertos/task.h: takes nothing. */
TaskHandle_t xTaskGetCurrentTaskHandle(void) {
    return (TaskHandle_t)&notified;
}

/* freertos/FreeRTOS-Kernel/include/freertos/task.h: takes nothing; a handle of NULL is a crash. */
void xTaskNotifyGive(TaskHandle_t task) {
    ++*(uint32_t *)task;
}

/* freertos/FreeRTOS-Kernel/include/freertos/task.h: waits, no longer than it is to, for the one notification that each
 * task has. Here what has not come will not come, so that it is at once as if the time had passed. */
uint32_t ulTaskNotifyTake(int clear, TickType_t wait) {
    (void)wait;
    const uint32_t was = notified;
    notified = clear || was == 0 ? 0 : was - 1;
    return was;
}

/* bt/host/nimble/nimble/porting/nimble/src/nimble_port.c: takes the controller's memory from the internal heap,
 * ESP_ERR_NO_MEM where there is not so much, and the host's pools, which assert; kept until nimble_port_deinit.
 * ESP_ERR_INVALID_STATE, of the controller, where it has been called before. */
esp_err_t nimble_port_init(void) {
    if (is_up) {
        return ESP_ERR_INVALID_STATE;
    }
    if (board_internal_heap < CONTROLLER) {
        return ESP_ERR_NO_MEM;
    }
    if (board_psram == 0) {
        abort();
    }
    board_internal_heap -= CONTROLLER;
    is_up = true;
    return ESP_OK;
}

/* bt/host/nimble/nimble/porting/nimble/src/nimble_port.c: gives all that back; asserts that it is there, and that no
 * host task uses it is up to who calls. */
esp_err_t nimble_port_deinit(void) {
    if (!is_up || board_host_is_on) {
        abort();
    }
    is_up = false;
    board_internal_heap += CONTROLLER;
    return ESP_OK;
}

/* bt/host/nimble/nimble/porting/nimble/src/nimble_port.c: ends advertising and every connection, of which the listener
 * is told, 2 s at most (CONFIG_BT_NIMBLE_HS_STOP_TIMEOUT_MS); then waits without end for the host task to leave
 * nimble_port_run. BLE_HS_EALREADY, at once, where the host does not run. */
int nimble_port_stop(void) {
    if (!board_host_is_on) {
        return BLE_HS_EALREADY;
    }
    board_advertises = false;
    if (board_connection != BLE_HS_CONN_HANDLE_NONE) {
        board_disconnects(board_connection);
    }
    board_host_is_on = false;
    board_internal_heap += HOST_STACK + TCB;
    return 0;
}

/* bt/host/nimble/nimble/porting/nimble/src/nimble_port.c: runs until nimble_port_stop. (Here it returns at once.) */
void nimble_port_run(void) {
    board_host_is_on = true;
}

/* bt/host/nimble/nimble/porting/npl/freertos/src/nimble_port_freertos.c: ends the host task, which calls it; the idle
 * task gives its memory back. */
void nimble_port_freertos_deinit(void) {
}

/* bt/host/nimble/nimble/porting/npl/freertos/src/nimble_port_freertos.c: makes the host task, of 4,096 bytes of
 * internal memory; where there is not so much, there is none, and it does not say so. The task calls sync_cb once the
 * controller has answered. */
void nimble_port_freertos_init(void (*run)(void *)) {
    if (board_internal_heap >= HOST_STACK + TCB) {
        board_internal_heap -= HOST_STACK + TCB;
        run(NULL);
        ble_hs_cfg.sync_cb();
    }
}

/* bt/host/nimble/nimble/nimble/host/services/gap/src/ble_svc_gap.c: counts its attributes and adds them, as
 * ble_gatts_add_svcs does, and asserts that it could. */
void ble_svc_gap_init(void) {
}

/* bt/host/nimble/nimble/nimble/host/services/gatt/src/ble_svc_gatt.c: counts its attributes and adds them, as
 * ble_gatts_add_svcs does, and asserts that it could. */
void ble_svc_gatt_init(void) {
}

/* bt/host/nimble/nimble/nimble/host/services/gap/src/ble_svc_gap.c: its own buffer; takes nothing. */
const char *ble_svc_gap_device_name(void) {
    return device_name;
}

/* bt/host/nimble/nimble/nimble/host/services/gap/src/ble_svc_gap.c: copies; BLE_HS_EINVAL for more than 31 bytes
 * (CONFIG_BT_NIMBLE_GAP_DEVICE_NAME_MAX_LEN). */
int ble_svc_gap_device_name_set(const char *name) {
    if (strlen(name) >= sizeof device_name) {
        return BLE_HS_EINVAL;
    }
    strlcpy(device_name, name, sizeof device_name);
    return 0;
}

/* bt/host/nimble/nimble/porting/nimble/src/os_mbuf.c: of all the pools of msys; takes nothing. */
int os_msys_num_free(void) {
    return board_buffers;
}

static int buffers_of(const struct os_mbuf *frame) {
    return frame->length <= FIRST_BUFFER ? 1 : 2;
}

void board_free_frame(struct os_mbuf *frame) {
    board_buffers += buffers_of(frame);
    free(frame);
}

/* bt/host/nimble/nimble/nimble/host/src/ble_hs_mbuf.c: takes buffers of msys, of 256 bytes with their headers; NULL
 * where there are too few. */
struct os_mbuf *ble_hs_mbuf_from_flat(const void *data, uint16_t length) {
    struct os_mbuf *frame = calloc(1, sizeof *frame);
    if (frame == NULL || length > sizeof frame->data) {
        abort();
    }
    frame->length = length;
    memcpy(frame->data, data, length);
    board_buffers -= buffers_of(frame);
    if (board_buffers < 0) {
        board_free_frame(frame);
        return NULL;
    }
    return frame;
}

/* bt/host/nimble/nimble/nimble/host/src/ble_hs_mbuf.c: copies, and takes nothing; what is longer is cut without a word.
 */
int ble_hs_mbuf_to_flat(const struct os_mbuf *from, void *flat, uint16_t most, uint16_t *length) {
    *length = from->length < most ? from->length : most;
    memcpy(flat, from->data, *length);
    return 0;
}

/* links.c and wifi.c. */
void hil_link_tell(sn_via via, sn_error code, const char *text, const char *detail) {
    if (via != SN_VIA_BLE) {
        abort();
    }
    if (code == SN_OK) {
        snprintf(told, sizeof told, "up");
    } else {
        snprintf(told, sizeof told, "down %d: %s: %s", (int)code, text, detail != NULL ? detail : "");
    }
}

const char *board_told(void) {
    static char last[sizeof told];
    memcpy(last, told, sizeof last);
    told[0] = '\0';
    return last;
}

bool hil_link_receive(sn_via via, uint64_t from, int8_t rssi, const uint8_t *data, size_t length) {
    (void)via, (void)from, (void)rssi, (void)data, (void)length;
    board_frames++;
    return true;
}

void hil_link_writable_soon(sn_via via) {
    (void)via;
    board_waits++;
}

bool hil_link_check(esp_err_t code, const char *what) {
    if (code != ESP_OK) {
        printf("%s\n", what);
    }
    return code == ESP_OK;
}

void hil_wifi_save_power(bool save) {
    (void)save;
}
