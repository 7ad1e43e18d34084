/* SPDX-License-Identifier: MIT */
/* What an update brings: an application or a model. */
#ifndef UPDATES_H
#define UPDATES_H

#include "fake_port.h"

#define UPDATE_APP_SIZE 5000u
#define UPDATE_MODEL_SIZE (SN_SLOT_HEADER + 1000u)
#define UPDATE_READY "ok chunk=1024 window=16"

extern uint8_t update_content[FAKE_SLOT];

/* These fill it. */
void update_make_app(void);
void update_make_model(void);

/* The request for `size` bytes of it. */
const char *update_announcement(const char *what, uint32_t size);

#endif
