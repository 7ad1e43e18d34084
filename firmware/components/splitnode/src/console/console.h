/* SPDX-License-Identifier: MIT */
/*
 * The console's incoming bytes, sorted into lines and binary frames; and a line taken apart into a request.
 *
 * A zero byte opens a frame and the next one closes it. Line noise is full of zero bytes, so one that opens nothing
 * must do no harm: the second byte of every encoded frame is its type, and if it is no known type the bytes are text.
 * What does begin like a frame and never ends would swallow all text behind it: it is dropped when the line has been
 * silent for SN_CONSOLE_SILENCE_US.
 */
#ifndef SPLITNODE_CONSOLE_H
#define SPLITNODE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/chunk.h"
#include "base/pairs.h"
#include "splitnode/error.h"

#define SN_LINE_LIMIT 512u
#define SN_CONSOLE_SILENCE_US 500000u

typedef enum {
    SN_CONSOLE_NOTHING,
    SN_CONSOLE_LINE,      /* `buffer` holds a line that is not empty, ended by a zero */
    SN_CONSOLE_LONG_LINE, /* a line ended that was too long to keep */
    SN_CONSOLE_FRAME,     /* `buffer` holds `length` decoded bytes */
    SN_CONSOLE_BAD_FRAME, /* a frame ended that was not COBS, or too long */
} sn_console_event;

typedef struct {
    enum { SN_CONSOLE_IN_LINE, SN_CONSOLE_IN_LONG_LINE, SN_CONSOLE_IN_NOISE, SN_CONSOLE_IN_FRAME } state;
    bool delivered; /* the event in `buffer` has been seen */
    size_t length;
    uint64_t heard_us; /* when the last byte came, and had been dealt with */
    uint8_t buffer[SN_COBS_BOUND(SN_CHUNK_SIZE)];
} sn_console;

void sn_console_init(sn_console *console);

/* The event's contents are valid until the next byte. */
sn_console_event sn_console_push(sn_console *console, uint8_t byte);

/* Is a frame open, or what was too long for one, that silence would end? */
bool sn_console_is_open(const sn_console *console);

/* All bytes that have come are dealt with, which may have taken long: silence counts from here. */
void sn_console_heard(sn_console *console, uint64_t now);
/* When to call sn_console_on_timer; UINT64_MAX if nothing is open. */
uint64_t sn_console_deadline(const sn_console *console);
/* If silence has ended what was open, what comes next is text. BAD_FRAME if that cost a frame, or what looked like
 * one. */
sn_console_event sn_console_on_timer(sn_console *console, uint64_t now);

typedef struct {
    bool has_id;
    uint32_t id;
    const char *verb;
    sn_pairs arguments;
} sn_request;

/* Takes a line apart in place. On failure `why` is a sentence, and `has_id` still says whether there is a number to
 * answer. */
sn_error sn_request_parse(sn_request *request, char *line, const char **why);

#endif
