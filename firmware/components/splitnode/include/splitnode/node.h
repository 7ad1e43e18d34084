/* SPDX-License-Identifier: MIT */
/*
 * The node: one half (or the whole) of a split model, driven by events.
 *
 * The core owns no loop and never blocks. The port calls one of the functions below for each thing that happens, from
 * one task, and each returns the time (on now_us' clock) at which sn_node_on_timer must be called next if nothing else
 * happens before, or SN_NO_DEADLINE. Memory is given at initialization; there is no heap.
 */
#ifndef SPLITNODE_NODE_H
#define SPLITNODE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "splitnode/error.h"
#include "splitnode/port.h"

#define SN_NO_DEADLINE UINT64_MAX

/* What does not change while the board runs; printed by `info`. Strings outlive the node. */
typedef struct {
    const char *version;
    const char *source_digest; /* 16 hexadecimal digits */
    const char *chip;
    const char *mac;
    const char *kernels; /* "reference" or "esp-nn" */
    const char *reset_reason;
    uint32_t arena_size;
    uint32_t psram_size; /* bytes that the firmware found; 0 without PSRAM */
    uint32_t flash_size;
    const char *app_slot; /* label of the partition in use, NULL if there is none */
    const char *model_slot;
    bool app_on_trial; /* at boot; section 2.7 of the protocol */
    bool model_on_trial;
    bool simulated;
    bool test_build;
} sn_identity;

/* Memory of the port: a chip keeps it in PSRAM. */
typedef struct {
    uint8_t *image; /* the stored input tensor */
    uint32_t image_capacity;
    uint8_t *receive; /* one message under reassembly: at least the largest tensor that arrives plus 128 bytes */
    uint32_t receive_capacity;
    uint8_t *output; /* the last output vector, own or received */
    uint32_t output_capacity;
} sn_memory;

typedef struct sn_node sn_node;

/* Bytes of memory that a node needs, to be aligned to 8. */
size_t sn_node_size(void);

/* Sets up a node in `storage`, prints the start-up log, checks the model slot and starts opening the model. */
uint64_t sn_node_init(sn_node *storage, const sn_port *port, const sn_identity *identity, const sn_memory *memory);

uint64_t sn_node_on_console(sn_node *node, const uint8_t *data, size_t length);
uint64_t sn_node_on_timer(sn_node *node);

/* `code` SN_OK: the model is open, with tensors of these sizes. Otherwise `text` is a sentence. */
uint64_t sn_node_on_model(sn_node *node, sn_error code, const char *text, uint32_t arena_used, uint32_t input_size,
                          uint32_t output_size);
/* `output` stays valid and unchanged until the next input_load or invoke. */
uint64_t sn_node_on_invoked(sn_node *node, sn_error code, const char *text, const uint8_t *output, uint32_t length);

/* `ip` is text, NULL unless code is SN_OK. May come unasked, when the access point goes. */
uint64_t sn_node_on_wifi(sn_node *node, sn_error code, const char *text, const char *ip);
/* SN_OK: the link is up (opened by link_open, or by a peer in role tail). Else it is down: it never came up, or ended.
 */
uint64_t sn_node_on_link(sn_node *node, sn_via via, sn_error code, const char *text);
/* Stream: any piece of the stream. Other links: exactly one frame. */
uint64_t sn_node_on_receive(sn_node *node, sn_via via, const sn_source *from, const uint8_t *data, size_t length);
uint64_t sn_node_on_writable(sn_node *node, sn_via via);

/* May be asked before sn_node_on_receive: drops what a head with a key has not been sent by its peer, and counts it. */
bool sn_node_drop_foreign(sn_node *node, sn_via via, const uint8_t *data, size_t length);

/* How much of what its link has received can be strangers' doing, and has changed nothing: what was made with another
 * key than the node's, or with none; and with a key, what had come before. */
uint32_t sn_node_foreign(const sn_node *node);

#endif
