/* SPDX-License-Identifier: MIT */
/*
 * What the core asks of the machine it runs on. A port fills in this table once and keeps it alive.
 *
 * No function may block. Where work takes time (opening a model, invoking it, joining Wi-Fi, opening a link) the call
 * starts it and returns; its end is reported through the sn_node_on_* functions of node.h, never from inside the call
 * itself. A return value other than SN_OK means that nothing was started.
 */
#ifndef SPLITNODE_PORT_H
#define SPLITNODE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "splitnode/bytes.h"
#include "splitnode/error.h"

#define SN_KEY_SIZE 16u
#define SN_SHA256_SIZE 32u

typedef enum {
    SN_VIA_NONE = 0,
    SN_VIA_TCP = 1,
    SN_VIA_UDP = 2,
    SN_VIA_ESPNOW = 3,
    SN_VIA_BLE = 4,
} sn_via;

/* Bytes of memory: what is free, the least that was since boot, the largest block that is free in one piece. */
typedef enum {
    SN_FIGURE_HEAP_FREE, /* internal memory */
    SN_FIGURE_HEAP_LEAST,
    SN_FIGURE_HEAP_BLOCK,
    SN_FIGURE_DMA_FREE, /* the part of it that DMA reaches */
    SN_FIGURE_DMA_LEAST,
    SN_FIGURE_DMA_BLOCK,
    SN_FIGURE_PSRAM_FREE,
    SN_FIGURE_PSRAM_LEAST,
} sn_figure;
#define SN_NO_FIGURE UINT32_MAX /* the machine has none */

/* A task, and how many bytes at the end of its stack it has never used. */
typedef struct {
    const char *task; /* a word */
    uint32_t reserve;
} sn_stack;

typedef enum { SN_UPDATE_APP, SN_UPDATE_MODEL } sn_update;

/* Where a frame comes from. */
typedef struct {
    uint64_t address; /* ESP-NOW: MAC as a big-endian number; UDP: IPv4 << 16 | port; connected links: 0 */
    int8_t rssi;      /* dBm, 0 if unknown */
} sn_source;

typedef struct sn_port {
    void *ctx; /* handed back as the first argument of every function */

    uint64_t (*now_us)(void *ctx); /* monotonic, since boot */
    uint32_t (*random_u32)(void *ctx);
    void (*restart)(void *ctx); /* after everything written to the console has gone out */
    /* HMAC-SHA-256 of `count` pieces, one behind the other, which may be of any length and lie anywhere. It is asked
     * for with every frame: nothing of the pieces may be copied as a whole. False if it could not be made. */
    bool (*hmac_sha256)(void *ctx, const uint8_t key[SN_KEY_SIZE], const sn_bytes *pieces, size_t count,
                        uint8_t mac[SN_SHA256_SIZE]);

    void (*console_write)(void *ctx, const uint8_t *data, size_t length); /* queues all of it */
    void (*console_baud)(void *ctx, uint32_t rate);                       /* once what is queued has gone out */

    uint32_t (*figure)(void *ctx, sn_figure which);
    /* Gives what there is at `index`, and counts `index` on to the next; false behind the last. */
    bool (*next_stack)(void *ctx, uint32_t *index, sn_stack *stack);

    uint32_t (*slot_size)(void *ctx); /* bytes of the model partition that is in use; 0 if there is none */
    sn_error (*slot_read)(void *ctx, uint32_t offset, void *to, uint32_t length);
    sn_error (*slot_sha256)(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]);

    sn_error (*model_open)(void *ctx, uint32_t offset, uint32_t length);     /* ends in sn_node_on_model */
    sn_error (*input_load)(void *ctx, const uint8_t *data, uint32_t length); /* copies; done when it returns */
    sn_error (*invoke)(void *ctx);                                           /* ends in sn_node_on_invoked */
    /* Gives what each operator of the graph took in the latest run, in order: little-endian u32, in us. Returns their
     * bytes; 0 before the first run. Valid until the next one. */
    uint32_t (*operator_times)(void *ctx, const uint8_t **times);

    /* Ends in sn_node_on_wifi; the port stores what was joined with success. An empty ssid means what was stored last:
     * SN_ERR_WIFI if nothing is. */
    sn_error (*wifi_join)(void *ctx, const char *ssid, const char *password);
    /* Ends in sn_node_on_link. TCP and UDP: role head names the edge's host and port, role tail "" and the port to
     * listen on. ESP-NOW: the peer's MAC as text ("" for any, in role tail and as gateway) and the channel. BLE: the
     * peer's MAC as text (the board is the central) or "" (the peripheral), and 0. Over TCP a tail goes on listening
     * when its peer has gone; over BLE, where one connection is all there is, the core opens the link again. */
    sn_error (*link_open)(void *ctx, sn_via via, const char *host, uint16_t port);
    void (*link_close)(void *ctx, sn_via via); /* no event follows */
    /* Sends to `to`, an address as in sn_source; 0 is the peer that link_open named or that has connected. Returns how
     * many bytes were taken, 0 to `length` (a stream may take some; other links all or none); when it took fewer than
     * `length`, sn_node_on_writable follows once it can take more. Negative: the link is down, sn_node_on_link follows.
     */
    int32_t (*link_send)(void *ctx, sn_via via, uint64_t to, const uint8_t *data, size_t length);
    uint32_t (*link_frame_limit)(void *ctx, sn_via via); /* largest frame; 0 for a stream */

    /* Protocol 2.7. Writing flash takes its time (milliseconds); nothing is being inferred then. What was begun before
     * is forgotten by update_begin, and by the others when they fail: SN_ERR_STORAGE, and SN_ERR_UPDATE_INVALID as soon
     * as it is known that what comes is no application that can run. The core has checked a model's header. */
    sn_error (*update_begin)(void *ctx, sn_update what, uint32_t size); /* SN_ERR_UNSUPPORTED: one partition only;
                                                                           SN_ERR_BAD_ARGUMENT: larger than it */
    sn_error (*update_write)(void *ctx, const uint8_t *data, uint32_t length); /* goes on where the last one ended */
    sn_error (*update_end)(void *ctx, const uint8_t sha256[32]);               /* SN_ERR_UPDATE_SHA256 */
    sn_error (*update_confirm)(void *ctx, sn_update what);                     /* what runs on trial is kept */

#ifdef SN_TEST_BUILD
    void (*crash)(void *ctx); /* does something the machine traps */
    void (*hang)(void *ctx);  /* never returns */
#endif
} sn_port;

#endif
