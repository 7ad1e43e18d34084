/* SPDX-License-Identifier: MIT */
/*
 * Wi-Fi and the four kinds of link: what the port's table offers the core, and what a kind's driver is and may call.
 *
 * One radio at a time: opening a link ends the other. Starting and stopping Wi-Fi (some 100 ms) and NimBLE (up to 2 s)
 * block, so the links task does it, one wish after the other. What it and the drivers' own tasks have to tell goes to
 * the event task; what belongs to a link that has been closed since is dropped there.
 */
#ifndef LINKS_H
#define LINKS_H

#include "loop.h"

/* After nvs_flash_init() and hil_loop_init(), before sn_node_init(). What failed is in the log. */
sn_error hil_links_init(void);

/* sn_port's. */
sn_error hil_wifi_join(void *ctx, const char *ssid, const char *password);
sn_error hil_link_open(void *ctx, sn_via via, const char *host, uint16_t port);
void hil_link_close(void *ctx, sn_via via);
int32_t hil_link_send(void *ctx, sn_via via, uint64_t to, const uint8_t *data, size_t length);
uint32_t hil_link_frame_limit(void *ctx, sn_via via);

typedef struct {
    sn_via via;
    uint32_t epoch;
    bool open;
    uint16_t port;
    char name[65]; /* host or MAC; SSID */
    char secret[65];
} link_wish;

typedef struct {
    void (*start)(const link_wish *wish); /* links task; ends in hil_link_tell */
    void (*stop)(void);                   /* links task */
    /* Or, for a link over IP, whose radio is on already: event task, at once. Address (0: listen) in network order. */
    uint64_t (*begin)(sn_node *node, uint32_t address, uint16_t port);
    void (*close)(void);
    int32_t (*send)(uint64_t to, const uint8_t *data, size_t length); /* event task, while it is up; as hil_link_send */
    uint32_t most;                                                    /* the largest frame; 0: it is a stream, */
    uint32_t (*frame_limit)(void);                                    /* or, event task, it has to be asked */
} link_driver;

extern const link_driver hil_tcp_driver, hil_udp_driver, hil_espnow_driver, hil_ble_driver;

/* From any task: the link is up (SN_OK), or down for the reason `text` with `detail` (or NULL) behind it. SN_VIA_NONE:
 * the same of Wi-Fi, `detail` being the address. */
void hil_link_tell(sn_via via, sn_error code, const char *text, const char *detail);
/* The same in the event task, at once. */
uint64_t hil_link_report(sn_node *node, sn_via via, sn_error code, const char *text, const char *detail);
/* From any task: a frame has come. It is copied; false if it had to be dropped. */
bool hil_link_receive(sn_via via, uint64_t from, int8_t rssi, const uint8_t *data, size_t length);
/* From any task: the driver will take frames again in a moment, but nobody says when. */
void hil_link_writable_soon(sn_via via);
/* A failure is logged. True for ESP_OK. */
bool hil_link_check(esp_err_t code, const char *what);

bool hil_wifi_init(void);
void hil_wifi_start(const link_wish *wish); /* links task: joins, without a name what was stored last */
void hil_wifi_store(void);                  /* links task */
bool hil_wifi_is_joined(void);
void hil_wifi_save_power(bool save);       /* modem sleep */
esp_err_t hil_wifi_tune(uint8_t *channel); /* links task: starts the radio on it; while joined, tells what it is on */

#endif
