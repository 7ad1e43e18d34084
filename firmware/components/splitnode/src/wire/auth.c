/* SPDX-License-Identifier: MIT */
#include "wire/auth.h"

#include <string.h>

#define SESSION_AT 4u /* in a header */
#define CHECK_SIZE 4u
#define TAGGED_AT 2u /* of a header: behind the magic, up to the fragment's index */
#define TAGGED_SIZE 10u

static void fill_randomly(const sn_port *port, uint8_t *to, uint32_t size) {
    for (uint32_t at = 0; at < size; at += 4) {
        sn_put_u32(&to[at], port->random_u32(port->ctx));
    }
}

static void make(const sn_port *port, const sn_key *key, const sn_bytes *pieces, uint32_t count,
                 uint8_t mac[SN_SHA256_SIZE]) {
    if (!port->hmac_sha256(port->ctx, key->bytes, pieces, count, mac)) {
        fill_randomly(port, mac, SN_SHA256_SIZE);
    }
}

/* Takes the same time wherever they differ. */
static bool are_same(const uint8_t *a, const uint8_t *b, uint32_t size) {
    volatile uint8_t differing = 0;
    for (uint32_t i = 0; i < size; i++) {
        differing = (uint8_t)(differing | (a[i] ^ b[i]));
    }
    return differing == 0;
}

uint32_t sn_key_id(const sn_port *port, const sn_key *key) {
    static const uint8_t zero = 0;
    uint8_t mac[SN_SHA256_SIZE];
    make(port, key, &(sn_bytes){&zero, 1}, 1, mac);
    return (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
}

void sn_nonce_make(const sn_port *port, sn_nonce *nonce) {
    fill_randomly(port, nonce->bytes, sizeof nonce->bytes);
}

static void derive(const sn_port *port, const sn_key *key, uint8_t purpose, uint32_t session, const sn_nonce *asking,
                   const sn_nonce *answering, sn_key *to) {
    uint8_t lead[5] = {purpose};
    uint8_t mac[SN_SHA256_SIZE];
    sn_put_u32(&lead[1], session);
    sn_bytes pieces[3] = {{lead, sizeof lead}, {asking->bytes, sizeof asking->bytes}};
    if (answering != NULL) {
        pieces[2] = (sn_bytes){answering->bytes, sizeof answering->bytes};
    }
    make(port, key, pieces, answering != NULL ? 3 : 2, mac);
    memcpy(to->bytes, mac, sizeof to->bytes);
}

void sn_greeting_key(const sn_port *port, const sn_key *key, uint32_t session, const sn_nonce *asking,
                     sn_key *greeting) {
    derive(port, key, 1, session, asking, NULL, greeting);
}

void sn_session_key(const sn_port *port, const sn_key *key, uint32_t session, const sn_nonce *asking,
                    const sn_nonce *answering, sn_key *to) {
    derive(port, key, 2, session, asking, answering, to);
}

void sn_tag_make(const sn_port *port, const sn_key *key, const sn_header *header, const sn_bytes *pieces,
                 uint32_t count, uint8_t tag[SN_TAG_SIZE]) {
    uint8_t packed[SN_HEADER_SIZE];
    uint8_t mac[SN_SHA256_SIZE];
    sn_header tagged = *header;
    tagged.flags &= (uint8_t)~SN_FLAG_ACK_REQUESTED;
    sn_header_pack(&tagged, packed);
    sn_bytes all[1 + SN_TAG_PIECES] = {{&packed[TAGGED_AT], TAGGED_SIZE}};
    memcpy(&all[1], pieces, count * sizeof *pieces);
    make(port, key, all, 1 + count, mac);
    memcpy(tag, mac, SN_TAG_SIZE);
}

bool sn_tag_verify(const sn_port *port, const sn_key *key, const sn_header *header, const uint8_t *body,
                   uint32_t *size) {
    uint8_t right[SN_TAG_SIZE];
    if (*size < SN_TAG_SIZE) {
        return false;
    }
    uint32_t plain = *size - SN_TAG_SIZE;
    sn_tag_make(port, key, header, &(sn_bytes){body, plain}, 1, right);
    *size = plain;
    return are_same(right, &body[plain], SN_TAG_SIZE);
}

/* The check of a frame of which the header is given apart, with the session in its place. */
static void check(const sn_port *port, const sn_key *key, const uint8_t *header, const uint8_t *fragment,
                  uint32_t length, uint8_t mac[SN_SHA256_SIZE]) {
    make(port, key, (const sn_bytes[]){{header, SN_HEADER_SIZE}, {fragment, length}}, 2, mac);
}

void sn_check_put(const sn_port *port, const sn_key *key, uint8_t *frame, uint32_t length) {
    uint8_t mac[SN_SHA256_SIZE];
    check(port, key, frame, &frame[SN_HEADER_SIZE], length - SN_HEADER_SIZE, mac);
    memcpy(&frame[SESSION_AT], mac, CHECK_SIZE);
}

bool sn_check_verify(const sn_port *port, const sn_key *key, uint32_t session, const uint8_t *frame, uint32_t length) {
    uint8_t header[SN_HEADER_SIZE];
    uint8_t mac[SN_SHA256_SIZE];
    memcpy(header, frame, sizeof header);
    sn_put_u32(&header[SESSION_AT], session);
    check(port, key, header, &frame[SN_HEADER_SIZE], length - SN_HEADER_SIZE, mac);
    return are_same(mac, &frame[SESSION_AT], CHECK_SIZE);
}
