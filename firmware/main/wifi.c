/* SPDX-License-Identifier: MIT */
/* The Wi-Fi station: joins an access point, and comes back to one that was lost. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_timer.h"
#include "esp_wifi.h"

#include "links.h"
#include "settings.h"

#define ATTEMPTS 3
#define JOIN_US 20000000u   /* with DHCP; the host waits 30 s */
#define RETURN_US 60000000u /* access points restart in less */

enum { OFF, STARTING, JOINING, JOINED, RETURNING };

static atomic_int state;
static int attempts; /* the event loop's */
static atomic_bool saves_power;
static esp_timer_handle_t patience;
static esp_netif_t *station;
static char ssid[33], password[65]; /* of what is joined or was tried last: the links task's */

static void give_up(const char *text, const char *detail) {
    int was = state;
    if (was != OFF && was != JOINED && atomic_compare_exchange_strong(&state, &was, OFF)) {
        hil_link_tell(SN_VIA_NONE, SN_ERR_WIFI, text, detail);
    }
}

static void on_patience(void *unused) {
    (void)unused;
    give_up(state == RETURNING ? "the access point has not come back within 60 s: join it again"
                               : "the access point gave no address within 20 s: look at its DHCP server",
            NULL);
}

static void set_patience(uint64_t us) {
    (void)esp_timer_stop(patience); /* it may not be running */
    const esp_err_t code = us != 0 ? esp_timer_start_once(patience, us) : ESP_OK;
    if (code != ESP_OK) {
        give_up("joining the access point cannot be timed", esp_err_to_name(code));
    }
}

static void connect(void) {
    const esp_err_t code = esp_wifi_connect();
    if (code != ESP_OK) {
        give_up("the Wi-Fi driver refused to join", esp_err_to_name(code));
    }
}

static const char *meaning(uint8_t reason) {
    switch (reason) {
    case WIFI_REASON_NO_AP_FOUND:
        return "no access point of that name in range (2.4 GHz): check the SSID";
    case WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY:
    case WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD:
        return "the access point's security is not WPA2 or WPA3, which a password is for";
    case WIFI_REASON_AUTH_FAIL:
    case WIFI_REASON_AUTH_EXPIRE:
    case WIFI_REASON_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT:
        return "the access point refused the password";
    default:
        return "the access point refused the board";
    }
}

static void on_disconnected(uint8_t reason) {
    char detail[16];
    int was = JOINED;
    snprintf(detail, sizeof detail, "reason %u", reason);
    if (atomic_compare_exchange_strong(&state, &was, RETURNING)) {
        hil_link_tell(SN_VIA_NONE, SN_ERR_WIFI, "the access point was lost and is looked for", detail);
        set_patience(RETURN_US);
        connect();
    } else if (was == RETURNING || (was == JOINING && ++attempts < ATTEMPTS)) {
        connect();
    } else if (was == JOINING) {
        give_up(meaning(reason), detail);
    }
}

static void tell_address(const esp_ip4_addr_t *ip) {
    char address[16];
    esp_ip4addr_ntoa(ip, address, sizeof address);
    hil_link_tell(SN_VIA_NONE, SN_OK, "", address);
}

static void apply_power_saving(void) {
    const esp_err_t code = esp_wifi_set_ps(saves_power ? WIFI_PS_MIN_MODEM : WIFI_PS_NONE);
    /* A driver that refuses because it has not been started is asked again once it has. */
    hil_link_check(code == ESP_ERR_WIFI_NOT_STARTED ? ESP_OK : code, "modem sleep could not be switched");
}

static void on_event(void *unused, esp_event_base_t base, int32_t id, void *data) {
    int starting = STARTING, was = state;
    (void)unused;
    if (base == WIFI_EVENT && id == WIFI_EVENT_STA_START) {
        apply_power_saving();
        if (atomic_compare_exchange_strong(&state, &starting, JOINING)) {
            attempts = 0;
            connect();
        }
    } else if (base == WIFI_EVENT && id == WIFI_EVENT_STA_DISCONNECTED) {
        on_disconnected(((const wifi_event_sta_disconnected_t *)data)->reason);
    } else if (base == IP_EVENT && id == IP_EVENT_STA_GOT_IP && (was == JOINING || was == RETURNING) &&
               atomic_compare_exchange_strong(&state, &was, JOINED)) {
        set_patience(0);
        tell_address(&((const ip_event_got_ip_t *)data)->ip_info.ip);
    }
}

/* Also before the first start. Whatever else keeps the driver from stopping shows in what is done next. */
static esp_err_t halt(void) {
    const esp_err_t code = esp_wifi_stop();
    return code == ESP_ERR_WIFI_NOT_INIT ? code : ESP_OK;
}

static esp_err_t begin(void) {
    wifi_config_t config = {.sta = {.scan_method = WIFI_ALL_CHANNEL_SCAN, .sae_pwe_h2e = WPA3_SAE_PWE_BOTH}};
    config.sta.threshold.authmode = password[0] != '\0' ? WIFI_AUTH_WPA2_PSK : WIFI_AUTH_OPEN;
    memcpy(config.sta.ssid, ssid, strnlen(ssid, sizeof config.sta.ssid));
    memcpy(config.sta.password, password, strnlen(password, sizeof config.sta.password));
    state = OFF; /* whatever comes between the start and the next stop is of this joining */
    esp_err_t code = halt();
    code = code == ESP_OK ? esp_wifi_set_config(WIFI_IF_STA, &config) : code;
    state = STARTING;
    if (code == ESP_OK) {
        set_patience(JOIN_US);
        code = esp_wifi_start();
    }
    return code;
}

void hil_wifi_start(const link_wish *wish) {
    char name[sizeof ssid], secret[sizeof password];
    esp_netif_ip_info_t now;
    esp_err_t code = ESP_OK;
    if (wish->name[0] == '\0') {
        code = hil_settings_load_wifi(name, secret);
    } else {
        strlcpy(name, wish->name, sizeof name);
        strlcpy(secret, wish->secret, sizeof secret);
    }
    if (code != ESP_OK) {
        hil_link_tell(SN_VIA_NONE, SN_ERR_WIFI, "no access point is stored: name one by wifi ssid=... password=...",
                      NULL);
        return;
    }
    if (state == JOINED && strcmp(name, ssid) == 0 && strcmp(secret, password) == 0 &&
        esp_netif_get_ip_info(station, &now) == ESP_OK && now.ip.addr != 0) { /* 0: it is just being lost */
        tell_address(&now.ip); /* leaving it would cost a link its sockets */
        return;
    }
    memcpy(ssid, name, sizeof ssid);
    memcpy(password, secret, sizeof password);
    if ((code = begin()) != ESP_OK) {
        give_up("the Wi-Fi driver refused", esp_err_to_name(code));
    }
}

void hil_wifi_store(void) {
    hil_link_check(hil_settings_save_wifi(ssid, password), "the access point could not be stored");
}

bool hil_wifi_is_joined(void) {
    return state == JOINED;
}

void hil_wifi_save_power(bool save) {
    saves_power = save;
    apply_power_saving();
}

esp_err_t hil_wifi_tune(uint8_t *channel) {
    wifi_second_chan_t second = WIFI_SECOND_CHAN_NONE;
    if (hil_wifi_is_joined()) {
        return esp_wifi_get_channel(channel, &second);
    }
    give_up("ESP-NOW has taken the radio", NULL);
    esp_err_t code = halt(); /* ends a scan, if there is one */
    code = code == ESP_OK ? esp_wifi_start() : code;
    return code == ESP_OK ? esp_wifi_set_channel(*channel, second) : code;
}

bool hil_wifi_init(void) {
    const wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
    const esp_timer_create_args_t timer = {.callback = on_patience, .name = "wifi"};
    return hil_link_check(esp_netif_init(), "no network stack") &&
           hil_link_check(esp_event_loop_create_default(), "no event loop") &&
           (station = esp_netif_create_default_wifi_sta()) != NULL &&
           hil_link_check(esp_wifi_init(&config), "no Wi-Fi driver") &&
           hil_link_check(esp_wifi_set_storage(WIFI_STORAGE_RAM), "Wi-Fi refuses to keep its settings in RAM") &&
           hil_link_check(esp_wifi_set_mode(WIFI_MODE_STA), "Wi-Fi refuses to be a station") &&
           hil_link_check(esp_timer_create(&timer, &patience), "no timer for joining") &&
           hil_link_check(esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_event, NULL),
                          "no Wi-Fi events") &&
           hil_link_check(esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_event, NULL), "no IP events");
}
