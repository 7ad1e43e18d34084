/* SPDX-License-Identifier: MIT */
/*
 * Targets for fuzzers: what the core takes from outside, made of the bytes that a fuzzer chooses. A target reads them
 * one after the other, so that any bytes mean something, and fails by CHECK or under a sanitizer.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/bytes.h"
#include "fake_port.h"

/* What is left of the fuzzer's bytes; behind the last one come zeros. */
typedef struct {
    const uint8_t *data;
    size_t left;
} fuzz_input;

typedef struct {
    const char *name;
    void (*run)(fuzz_input *input);
} fuzz_target;

/* All of them, ended by NULL. */
extern const fuzz_target *const fuzz_targets[];
/* NULL if there is none of that name. */
const fuzz_target *fuzz_find(const char *name);

uint8_t fuzz_byte(fuzz_input *input);
uint16_t fuzz_u16(fuzz_input *input);
uint32_t fuzz_u32(fuzz_input *input);
/* A number below `bound`, at most 256. */
uint32_t fuzz_below(fuzz_input *input, uint32_t bound);
/* As many bytes as the next two say, `most` at most, or what is left. In memory of their own, so that a sanitizer sees
 * what is read beside them; valid until the next call. */
sn_bytes fuzz_bytes(fuzz_input *input, uint32_t most);

/* board.c: a board, and what may happen to it. */
/* In a role that the input chooses, head, tail, full or none; booted, with an image where it takes one. */
fake_port *fuzz_board(fuzz_input *input);
/* Looks at what the node has written and sent: whole lines with a right CRC, whole chunks, frames with a sound header.
 * After every event. */
void fuzz_look(fake_port *fake);
/* A request in words that are right, or nearly. */
void fuzz_request(fake_port *fake, fuzz_input *input);
/* A chunk that is sound, or nearly. */
void fuzz_chunk(fake_port *fake, fuzz_input *input);
/* What is no frame and no line: time, the link, its driver, Wi-Fi, the model and its end. */
void fuzz_event(fake_port *fake, fuzz_input *input);
/* The node still answers, and comes to rest when nothing more happens. Frees it. */
void fuzz_end(fake_port *fake);

/* frames.c: a frame that may mean something to a board: header and body, of which the input may break any field.
 * `to` holds FUZZ_FRAME bytes. Returns its length. */
#define FUZZ_FRAME 2048u
size_t fuzz_frame(fuzz_input *input, const fake_port *fake, uint8_t *to);
/* One that is a whole message. */
size_t fuzz_stream_frame(fuzz_input *input, const fake_port *fake, uint8_t *to);
/* A HELLO that is right; `to` holds 128 bytes. */
size_t fuzz_hello(const fake_port *fake, bool is_stream, uint8_t *to);
/* Gives the board a message in fragments, all but those that are lost. */
void fuzz_message(fuzz_input *input, fake_port *fake, uint64_t from);

#endif
