/* SPDX-License-Identifier: MIT */
/*
 * The event task: it alone calls the core, and so owns everything that the core touches.
 *
 * It waits in select() for sockets and for an eventfd behind which a queue of events from other tasks stands, no longer
 * than until the core's next deadline.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "splitnode/node.h"

typedef struct loop_event {
    uint64_t (*deliver)(sn_node *node, const struct loop_event *event); /* in the event task; returns the deadline */
    sn_via via;
    uint32_t epoch; /* of the link: what was queued before a hil_link_close is dropped */
    sn_error code;
    sn_source from;
    const char *text; /* static storage, or NULL */
    char detail[48];  /* text made at run time */
    uint8_t *data;    /* from malloc; freed after deliver */
    uint32_t length;
    uint32_t a, b;
} loop_event;

/* From any task. false: the queue is full, and the poster keeps `data`. */
bool hil_loop_post(const loop_event *event);
/* From any task but the event task: waits for room. */
void hil_loop_post_wait(const loop_event *event);

typedef uint64_t loop_ready(sn_node *node, int fd, bool readable, bool writable);

/* In the event task only, as the next one. Replaces an earlier watch of `fd`. */
esp_err_t hil_loop_watch(int fd, bool write_too, loop_ready *ready);
void hil_loop_unwatch(int fd);

/* Makes the queue and its eventfd. Before anything may post. */
esp_err_t hil_loop_init(void);
/* Runs for ever, as the event task, from the core's first deadline on. */
void hil_loop_run(sn_node *node, uint64_t deadline_us);

#endif
