/* SPDX-License-Identifier: MIT */
/* A board with a model, and what is sent to it to take the place of its model or its application. */
#ifndef UPDATING_H
#define UPDATING_H

#include "board.h"
#include "port.h"

#define SIZE 9001u /* bytes of everything that is sent: three sectors, the last one begun */

extern const uint8_t magic[4]; /* what a model begins with */

/* A model of SIZE bytes, one of many. */
void fill(uint8_t *to, uint8_t with);

void boot(esp_reset_reason_t reason);
/* A board with a model in its first slot, booted. */
void make(int slots);

/* The partition in use. */
const char *model(void);
/* Is what the core can read the whole of a model? */
bool holds(uint8_t with);

/* Send a model in pieces of so many bytes, or an application that begins with a byte; all else of it is its version. */
sn_error send_model(uint8_t with, uint32_t piece);
sn_error send_app(uint8_t first, uint8_t version);

#endif
