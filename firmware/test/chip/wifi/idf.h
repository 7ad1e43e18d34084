/* SPDX-License-Identifier: MIT */
/*
 * What firmware/main/wifi.c uses of ESP-IDF. The Wi-Fi driver is a library without sources: what it returns is from
 * components/esp_wifi/include/esp_wifi.h, and where that does not say, a test chooses (idf.c).
 */
#ifndef WIFI_IDF_H
#define WIFI_IDF_H

#include "../idf.h"

#define ESP_ERR_WIFI_NOT_STARTED 0x3002
#define ESP_ERR_WIFI_STATE 0x3006

typedef const char *esp_event_base_t;
typedef void (*esp_event_handler_t)(void *argument, esp_event_base_t base, int32_t id, void *data);
extern const esp_event_base_t WIFI_EVENT, IP_EVENT;
enum { ESP_EVENT_ANY_ID = -1 };
enum { WIFI_EVENT_STA_START = 2, WIFI_EVENT_STA_DISCONNECTED = 5 };
enum { IP_EVENT_STA_GOT_IP = 0 };
esp_err_t esp_event_loop_create_default(void);
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *argument);

typedef struct {
    uint32_t addr;
} esp_ip4_addr_t;
typedef struct {
    esp_ip4_addr_t ip;
} esp_netif_ip_info_t;
typedef struct {
    esp_netif_ip_info_t ip_info;
} ip_event_got_ip_t;
typedef struct esp_netif esp_netif_t;
esp_err_t esp_netif_init(void);
esp_netif_t *esp_netif_create_default_wifi_sta(void);
esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *info);
char *esp_ip4addr_ntoa(const esp_ip4_addr_t *address, char *text, int length);

typedef struct esp_timer *esp_timer_handle_t;
typedef struct {
    void (*callback)(void *argument);
    const char *name;
} esp_timer_create_args_t;
esp_err_t esp_timer_create(const esp_timer_create_args_t *arguments, esp_timer_handle_t *timer);
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us);
esp_err_t esp_timer_stop(esp_timer_handle_t timer);

typedef enum { WIFI_PS_NONE, WIFI_PS_MIN_MODEM } wifi_ps_type_t;
typedef enum { WIFI_SECOND_CHAN_NONE } wifi_second_chan_t;
enum { WIFI_AUTH_OPEN, WIFI_AUTH_WPA2_PSK = 3 };
enum { WIFI_ALL_CHANNEL_SCAN = 1, WPA3_SAE_PWE_BOTH };
enum { WIFI_STORAGE_RAM = 1, WIFI_MODE_STA = 1, WIFI_IF_STA = 0 };
enum {
    WIFI_REASON_AUTH_EXPIRE = 2,
    WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT = 15,
    WIFI_REASON_NO_AP_FOUND = 201,
    WIFI_REASON_AUTH_FAIL,
    WIFI_REASON_HANDSHAKE_TIMEOUT = 204,
    WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY = 210,
    WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD,
};
typedef struct {
    uint8_t reason;
} wifi_event_sta_disconnected_t;
typedef struct {
    int unused;
} wifi_init_config_t;
#define WIFI_INIT_CONFIG_DEFAULT() {0}
typedef struct {
    struct {
        uint8_t ssid[32], password[64];
        int scan_method, sae_pwe_h2e;
        struct {
            int authmode;
        } threshold;
    } sta;
} wifi_config_t;
esp_err_t esp_wifi_init(const wifi_init_config_t *config);
esp_err_t esp_wifi_set_storage(int storage);
esp_err_t esp_wifi_set_mode(int mode);
esp_err_t esp_wifi_set_config(int interface, wifi_config_t *config);
esp_err_t esp_wifi_start(void);
esp_err_t esp_wifi_stop(void);
esp_err_t esp_wifi_connect(void);
esp_err_t esp_wifi_set_ps(wifi_ps_type_t type);
esp_err_t esp_wifi_get_channel(uint8_t *channel, wifi_second_chan_t *second);
esp_err_t esp_wifi_set_channel(uint8_t channel, wifi_second_chan_t second);

#endif
