/* SPDX-License-Identifier: MIT */
/* Writing of console lines into a bounded buffer, and reading of numbers. */
#ifndef SPLITNODE_TEXT_H
#define SPLITNODE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text in a buffer of the caller. What does not fit is left out whole, and `overflow` says so. */
typedef struct {
    char *buffer;
    size_t capacity;
    size_t length;
    bool overflow;
} sn_text;

void sn_text_init(sn_text *text, char *buffer, size_t capacity);

void sn_text_add(sn_text *text, const char *string);
void sn_text_add_bytes(sn_text *text, const char *bytes, size_t length);
void sn_text_add_u64(sn_text *text, uint64_t value);
void sn_text_add_i32(sn_text *text, int32_t value);
void sn_text_add_hex(sn_text *text, uint32_t value, int digits);

/* " key=value", the value in quotes where it needs them; bytes that are not printable UTF-8 become '?'. */
void sn_text_pair(sn_text *text, const char *key, const char *value);
void sn_text_pair_bytes(sn_text *text, const char *key, const char *value, size_t length);
void sn_text_pair_u64(sn_text *text, const char *key, uint64_t value);
void sn_text_pair_hex(sn_text *text, const char *key, uint32_t value); /* eight digits */

/* Ends what was written with a zero and returns it. */
const char *sn_text_string(sn_text *text);

/* Room that sn_text_seal needs: " *xxxx" and CR LF. */
#define SN_TEXT_SEAL 8u
/* Ends a line with its CRC-16 and CR LF, in room that the writer has kept free beyond the capacity. */
void sn_text_seal(sn_text *text);

bool sn_equal(const char *a, const char *b);

/* Decimal or hexadecimal digits and nothing else, in range; false otherwise. */
bool sn_parse_u32(const char *string, uint32_t *value);
#define SN_NO_HEX_DIGIT 16u

/* Without a branch, so that it takes as long whatever the digit: what is secret does not show in time, and on a virtual
 * board a random number takes the same time in each run. SN_NO_HEX_DIGIT if it is none. */
uint32_t sn_hex_digit(char digit);
bool sn_parse_hex(const char *string, size_t most_digits, uint32_t *value);

#endif
