/* SPDX-License-Identifier: MIT */
/* Why something is refused or has ended: a code and its sentence. */
#ifndef SPLITNODE_REASON_H
#define SPLITNODE_REASON_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "splitnode/error.h"

#define SN_SENTENCE 200u /* the longest text, its zero included */

typedef struct {
    sn_error code;
    char text[SN_SENTENCE];
} sn_reason;

/* A reason is written as a whole or piece by piece; each way returns its code. */
sn_error sn_reason_set(sn_reason *reason, sn_error code, const char *text);
sn_error sn_reason_set_bytes(sn_reason *reason, sn_error code, const uint8_t *text, size_t length);
sn_text sn_reason_begin(sn_reason *reason, sn_error code);
sn_error sn_reason_end(sn_reason *reason, sn_text *text);

#endif
