/* SPDX-License-Identifier: MIT */
/*
 * Who made a frame (docs/protocol.md, section 1.8): the keys of a connection, the tag behind a body, the check in place
 * of a frame's session. The hash is the machine's; where it could not be made, what comes of it is random and verifies
 * nothing.
 */
#ifndef SPLITNODE_AUTH_H
#define SPLITNODE_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "splitnode/port.h"
#include "wire/frame.h"

#define SN_NONCE_SIZE 16u
#define SN_TAG_SIZE 16u

typedef struct {
    uint8_t bytes[SN_KEY_SIZE];
} sn_key;

typedef struct {
    uint8_t bytes[SN_NONCE_SIZE];
} sn_nonce;

/* By what one key is told from another: what `info` says in hexadecimal, read from the left. */
uint32_t sn_key_id(const sn_port *port, const sn_key *key);

void sn_nonce_make(const sn_port *port, sn_nonce *nonce);

/* Of what answers a HELLO. */
void sn_greeting_key(const sn_port *port, const sn_key *key, uint32_t session, const sn_nonce *asking,
                     sn_key *greeting);
/* Of all that follows. */
void sn_session_key(const sn_port *port, const sn_key *key, uint32_t session, const sn_nonce *asking,
                    const sn_nonce *answering, sn_key *to);

/* The tag of a message whose body, up to and including the CRC, is `pieces`: at most SN_TAG_PIECES. Of the header,
 * type, flags, session and id count. */
#define SN_TAG_PIECES 4u
void sn_tag_make(const sn_port *port, const sn_key *key, const sn_header *header, const sn_bytes *pieces,
                 uint32_t count, uint8_t tag[SN_TAG_SIZE]);
/* Does a body end with its right tag? Then `size` becomes that of what stands in front. */
bool sn_tag_verify(const sn_port *port, const sn_key *key, const sn_header *header, const uint8_t *body,
                   uint32_t *size);

/* Puts the check of a frame in place of its session. */
void sn_check_put(const sn_port *port, const sn_key *key, uint8_t *frame, uint32_t length);
/* Is the check of a received frame right for `session`? */
bool sn_check_verify(const sn_port *port, const sn_key *key, uint32_t session, const uint8_t *frame, uint32_t length);

#endif
