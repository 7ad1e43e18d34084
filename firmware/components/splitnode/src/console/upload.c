/* SPDX-License-Identifier: MIT */
#include "console/upload.h"

#include <string.h>

#include "base/crc.h"

void sn_upload_begin(sn_upload *upload, uint8_t *buffer, uint32_t size, uint32_t crc) {
    *upload = (sn_upload){.state = SN_UPLOAD_RUNNING, .buffer = buffer, .size = size, .crc = crc};
}

void sn_upload_stop(sn_upload *upload) {
    if (upload->state == SN_UPLOAD_RUNNING) {
        upload->state = SN_UPLOAD_NONE;
    }
}

bool sn_upload_push(sn_upload *upload, const sn_chunk *chunk) {
    if (upload->state != SN_UPLOAD_RUNNING || chunk->type != SN_CHUNK_IMAGE || chunk->offset != upload->next ||
        chunk->data.length > upload->size - upload->next) {
        return false;
    }
    memcpy(&upload->buffer[upload->next], chunk->data.data, chunk->data.length);
    upload->next += chunk->data.length;
    if (upload->next == upload->size) {
        bool sound = sn_crc32(0, upload->buffer, upload->size) == upload->crc;
        upload->state = sound ? SN_UPLOAD_STORED : SN_UPLOAD_CORRUPT;
    }
    return true;
}
