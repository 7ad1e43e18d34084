/* SPDX-License-Identifier: MIT */
/*
 * What happens to the virtual board: exports that the machine calls, with data that it has put into `staging` (or, for
 * the output of the model, into `activation`) before. They return the core's next deadline in microseconds, or -1.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdint.h>

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else /* a test of this machine calls them */
#define EXPORT(name)
#endif

EXPORT(staging) uint8_t *staging(void);
EXPORT(staging_capacity) uint32_t staging_capacity(void);
EXPORT(activation) uint8_t *activation(void);
EXPORT(activation_capacity) uint32_t activation_capacity(void);

/* staging: MAC address, reason of the last reset, labels of the partitions of application and model, each ended by a
 * zero; a label is empty where there is no such partition. */
EXPORT(boot) int64_t boot(uint32_t psram_size, uint32_t flash_size, uint32_t app_on_trial, uint32_t model_on_trial);

/* The events of splitnode/node.h. A text is in staging. */
EXPORT(on_console) int64_t on_console(uint32_t length);
EXPORT(on_timer) int64_t on_timer(void);
EXPORT(on_model)
int64_t on_model(int32_t code, uint32_t text_length, uint32_t arena_used, uint32_t input_size, uint32_t output_size);
EXPORT(on_invoked) int64_t on_invoked(int32_t code, uint32_t text_length, uint32_t output_length);
/* The text is the address if `code` is SN_OK, else a sentence. */
EXPORT(on_wifi) int64_t on_wifi(int32_t code, uint32_t text_length);
EXPORT(on_link) int64_t on_link(int32_t via, int32_t code, uint32_t text_length);
EXPORT(on_receive) int64_t on_receive(int32_t via, int64_t address, int32_t rssi, uint32_t length);
EXPORT(on_writable) int64_t on_writable(int32_t via);

/* Drops what is staged, and returns 1, if the board's peer has not made it, before it has crossed the link: what is
 * foreign takes no simulated time. Else changes nothing and returns 0. */
EXPORT(drop_foreign) uint32_t drop_foreign(int32_t via, uint32_t length);

/* sn_node_foreign: what strangers can have sent. */
EXPORT(foreign) uint32_t foreign(void);

#endif
