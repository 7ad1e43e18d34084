/* SPDX-License-Identifier: MIT */
/* An image on its way into memory, chunk by chunk. */
#ifndef SPLITNODE_UPLOAD_H
#define SPLITNODE_UPLOAD_H

#include <stdint.h>

#include "console/chunk.h"

#define SN_UPLOAD_WINDOW 16u /* chunks that may be on the way unacknowledged */

typedef enum {
    SN_UPLOAD_NONE,    /* nothing was announced */
    SN_UPLOAD_RUNNING, /* some chunks are missing */
    SN_UPLOAD_STORED,  /* the image is complete and sound */
    SN_UPLOAD_CORRUPT, /* it was complete, but its CRC is wrong; nothing is stored */
} sn_upload_state;

typedef struct {
    sn_upload_state state;
    uint8_t *buffer;
    uint32_t size;
    uint32_t crc;
    uint32_t next; /* bytes stored so far */
} sn_upload;

/* `buffer` holds `size` bytes. */
void sn_upload_begin(sn_upload *upload, uint8_t *buffer, uint32_t size, uint32_t crc);

/* Forgets an image that is not complete. */
void sn_upload_stop(sn_upload *upload);

/* Stores a chunk that continues the image and drops any other; returns whether it was stored. */
bool sn_upload_push(sn_upload *upload, const sn_chunk *chunk);

#endif
