/* SPDX-License-Identifier: MIT */
/* Input that means nothing, or nearly something; the same in every run. */
#ifndef NOISE_H
#define NOISE_H

#include <stddef.h>
#include <stdint.h>

#ifndef ROUNDS /* fewer on an emulated processor */
#define ROUNDS 1500u
#endif

extern uint8_t noise_bytes[2048];

/* A byte that is likely to mean something. */
uint8_t noise_likely(uint32_t *seed);
/* Fills noise_bytes; returns how many there are. */
size_t noise_make(uint32_t *seed);

#endif
