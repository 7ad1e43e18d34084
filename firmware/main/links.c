/* SPDX-License-Identifier: MIT */
#include "links.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/task.h"
#include "lwip/inet.h"

#define MOST_FRAMES 40 /* in the loop's queue of 64: the rest is for what must not get lost */
#define SOON_US 2000u  /* less than a connection interval of BLE, more than a datagram's time on the air */
#define WISHES 8u
#define STACK 6144u /* for starting NimBLE and Wi-Fi */

static const char *const TAG = "links";
static const link_driver *const drivers[] = {NULL, &hil_tcp_driver, &hil_udp_driver, &hil_espnow_driver,
                                             &hil_ble_driver};

static atomic_uint epoch;   /* changes whenever a link is opened or closed */
static atomic_uint started; /* the one that what is running belongs to */
static atomic_int frames, dropped, full_via;
static sn_via open_via, up_via;    /* the event task's */
static const link_driver *running; /* the links task's */
static QueueHandle_t wishes;
static esp_timer_handle_t soon;

bool hil_link_check(esp_err_t code, const char *what) {
    if (code != ESP_OK) {
        ESP_LOGE(TAG, "%s: %s", what, esp_err_to_name(code));
    }
    return code == ESP_OK;
}

static sn_error enqueue(sn_via via, bool open, const char *name, const char *secret, uint16_t port) {
    link_wish wish = {.via = via, .epoch = epoch, .open = open, .port = port};
    strlcpy(wish.name, name, sizeof wish.name);
    strlcpy(wish.secret, secret, sizeof wish.secret);
    return xQueueSend(wishes, &wish, 0) == pdTRUE ? SN_OK : SN_ERR_BUSY;
}

uint64_t hil_link_report(sn_node *node, sn_via via, sn_error code, const char *text, const char *detail) {
    char sentence[160];
    snprintf(sentence, sizeof sentence, detail != NULL ? "%s: %s" : "%s", text, detail);
    if (via != SN_VIA_NONE) {
        up_via = code == SN_OK ? via : SN_VIA_NONE;
        return sn_node_on_link(node, via, code, sentence);
    }
    if (code == SN_OK) {
        const bool is_room = enqueue(SN_VIA_NONE, false, "", "", 0) == SN_OK;
        hil_link_check(is_room ? ESP_OK : ESP_ERR_NO_MEM, "the access point is not stored");
    }
    return sn_node_on_wifi(node, code, sentence, code == SN_OK ? detail : NULL);
}

static void post(const loop_event *event) {
    hil_link_check(hil_loop_post(event) ? ESP_OK : ESP_ERR_NO_MEM, "an event of a link was lost");
}

static bool is_over(const loop_event *event) {
    return event->via != SN_VIA_NONE && event->epoch != epoch;
}

static uint64_t deliver_told(sn_node *node, const loop_event *event) {
    const char *detail = event->detail[0] != '\0' ? event->detail : NULL;
    return is_over(event) ? sn_node_on_timer(node)
                          : hil_link_report(node, event->via, event->code, event->text, detail);
}

void hil_link_tell(sn_via via, sn_error code, const char *text, const char *detail) {
    loop_event event = {.deliver = deliver_told, .via = via, .epoch = started, .code = code, .text = text};
    strlcpy(event.detail, detail != NULL ? detail : "", sizeof event.detail);
    post(&event);
}

static uint64_t deliver_frame(sn_node *node, const loop_event *event) {
    const int lost = atomic_exchange(&dropped, 0);
    frames--;
    if (lost != 0) {
        ESP_LOGW(TAG, "%d frames were dropped: they came faster than they could be handled", lost);
    }
    return is_over(event) || up_via != event->via
               ? sn_node_on_timer(node)
               : sn_node_on_receive(node, event->via, &event->from, event->data, event->length);
}

/* In PSRAM, where there is some: 40 frames are too many for internal memory. free() takes either. */
static void *keep(size_t length) {
    return heap_caps_malloc_prefer(length, 2, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT, MALLOC_CAP_DEFAULT);
}

bool hil_link_receive(sn_via via, uint64_t from, int8_t rssi, const uint8_t *data, size_t length) {
    loop_event event = {.deliver = deliver_frame, .via = via, .epoch = started, .from = {from, rssi}, .length = length};
    if (frames++ < MOST_FRAMES && (event.data = keep(length)) != NULL) {
        memcpy(event.data, data, length);
        if (hil_loop_post(&event)) {
            return true;
        }
    }
    free(event.data);
    frames--;
    dropped++;
    return false;
}

static uint64_t deliver_writable(sn_node *node, const loop_event *event) {
    return up_via == event->via ? sn_node_on_writable(node, event->via) : sn_node_on_timer(node);
}

void hil_link_writable_soon(sn_via via) {
    full_via = via;
    const esp_err_t code = esp_timer_start_once(soon, SOON_US);
    hil_link_check(code == ESP_ERR_INVALID_STATE ? ESP_OK : code,
                   "a full link cannot be waited for"); /* it runs already */
}

static void on_soon(void *unused) {
    (void)unused;
    if (!hil_loop_post(&(loop_event){.deliver = deliver_writable, .via = (sn_via)full_via})) {
        hil_link_writable_soon((sn_via)full_via);
    }
}

static uint64_t deliver_begin(sn_node *node, const loop_event *event) {
    if (is_over(event)) {
        return sn_node_on_timer(node);
    }
    return event->a != INADDR_NONE ? drivers[event->via]->begin(node, event->a, (uint16_t)event->b)
                                   : hil_link_report(node, event->via, SN_ERR_EDGE_UNREACHABLE,
                                                     "name the edge server by its IPv4 address", NULL);
}

static void stop_running(void) {
    if (running != NULL && running->stop != NULL) {
        running->stop();
    }
    running = NULL;
}

static void join(const link_wish *wish) {
    if (running == &hil_espnow_driver) {
        hil_link_tell(SN_VIA_ESPNOW, SN_ERR_RADIO, "the radio leaves the channel to join an access point", NULL);
        stop_running();
    }
    hil_wifi_start(wish);
}

static void open_or_close(const link_wish *wish) {
    stop_running();
    if (!wish->open || wish->epoch != epoch) {
        return;
    }
    started = wish->epoch;
    running = drivers[wish->via];
    if (running->start != NULL) {
        running->start(wish);
    } else {
        post(&(loop_event){.deliver = deliver_begin,
                           .via = wish->via,
                           .epoch = wish->epoch,
                           .a = wish->name[0] != '\0' ? inet_addr(wish->name) : INADDR_ANY,
                           .b = wish->port});
    }
}

static void links_task(void *unused) {
    static link_wish wish;
    (void)unused;
    for (;;) {
        (void)xQueueReceive(wishes, &wish, portMAX_DELAY);
        if (wish.via != SN_VIA_NONE) {
            open_or_close(&wish);
        } else if (wish.open) {
            join(&wish);
        } else {
            hil_wifi_store();
        }
    }
}

sn_error hil_wifi_join(void *ctx, const char *ssid, const char *password) {
    (void)ctx;
    return enqueue(SN_VIA_NONE, true, ssid, password, 0);
}

sn_error hil_link_open(void *ctx, sn_via via, const char *host, uint16_t port) {
    if ((via == SN_VIA_TCP || via == SN_VIA_UDP) && !hil_wifi_is_joined()) {
        return SN_ERR_WIFI;
    }
    hil_link_close(ctx, open_via);
    epoch++;
    open_via = via;
    return enqueue(via, true, host, "", port);
}

void hil_link_close(void *ctx, sn_via via) {
    (void)ctx;
    if (via == SN_VIA_NONE || via != open_via) {
        return;
    }
    open_via = up_via = SN_VIA_NONE;
    epoch++;
    if (drivers[via]->close != NULL) {
        drivers[via]->close();
    }
    (void)enqueue(via, false, "", "", 0); /* if there is no room, what is opened next ends it */
}

int32_t hil_link_send(void *ctx, sn_via via, uint64_t to, const uint8_t *data, size_t length) {
    (void)ctx;
    const int32_t taken = up_via == via ? drivers[via]->send(to, data, length) : -1;
    up_via = taken < 0 ? SN_VIA_NONE : up_via;
    return taken;
}

uint32_t hil_link_frame_limit(void *ctx, sn_via via) {
    (void)ctx;
    return drivers[via]->frame_limit != NULL ? drivers[via]->frame_limit() : drivers[via]->most;
}

sn_error hil_links_init(void) {
    const esp_timer_create_args_t timer = {.callback = on_soon, .name = TAG};
    wishes = xQueueCreate(WISHES, sizeof(link_wish));
    const bool is_made = wishes != NULL && xTaskCreatePinnedToCore(links_task, TAG, STACK, NULL, 5, NULL, 0) == pdPASS;
    return hil_link_check(is_made ? ESP_OK : ESP_ERR_NO_MEM, "the links have no task") &&
                   hil_link_check(esp_timer_create(&timer, &soon), "the links have no timer") && hil_wifi_init()
               ? SN_OK
               : SN_ERR_RADIO;
}
