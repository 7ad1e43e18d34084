/* SPDX-License-Identifier: MIT */
#include "wire/message.h"

#include <string.h>

#include "base/crc.h"

#define CRC_SIZE 4u

void sn_message_init(sn_message *message, const sn_header *header, uint32_t model_id, sn_bytes first, sn_bytes second) {
    message->header = *header;
    message->header.index = 0;
    message->header.count = 1;
    message->payload[0] = first;
    message->payload[1] = second;
    message->body_size = first.length + second.length + SN_BODY_OVERHEAD;

    sn_put_u32(&message->lead[0], SN_HEADER_SIZE + message->body_size);
    sn_header_pack(&message->header, &message->lead[4]);
    sn_put_u32(&message->head[0], first.length + second.length);
    sn_put_u32(&message->head[4], model_id);

    uint32_t crc = sn_crc32(0, message->head, sizeof message->head);
    crc = sn_crc32(crc, first.data, first.length);
    crc = sn_crc32(crc, second.data, second.length);
    sn_put_u32(message->tail, crc);
    message->tail_size = CRC_SIZE;
}

void sn_message_tag(sn_message *message, const sn_port *port, const sn_key *key) {
    const sn_bytes pieces[SN_TAG_PIECES] = {
        {message->head, sizeof message->head},
        message->payload[0],
        message->payload[1],
        {message->tail, CRC_SIZE},
    };
    sn_tag_make(port, key, &message->header, pieces, SN_TAG_PIECES, &message->tail[CRC_SIZE]);
    message->body_size += (uint32_t)sizeof message->tail - message->tail_size;
    message->tail_size = sizeof message->tail;
    sn_put_u32(&message->lead[0], SN_HEADER_SIZE + message->body_size);
}

uint32_t sn_message_stream_size(const sn_message *message) {
    return SN_STREAM_LEAD + message->body_size;
}

uint32_t sn_message_stream_read(const sn_message *message, uint32_t offset, uint8_t *to, uint32_t length) {
    const sn_bytes pieces[] = {
        {message->lead, sizeof message->lead},
        {message->head, sizeof message->head},
        message->payload[0],
        message->payload[1],
        {message->tail, message->tail_size},
    };
    uint32_t copied = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0] && copied < length; i++) {
        if (offset >= pieces[i].length) {
            offset -= pieces[i].length;
            continue;
        }
        uint32_t here = pieces[i].length - offset;
        if (here > length - copied) {
            here = length - copied;
        }
        memcpy(&to[copied], &pieces[i].data[offset], here);
        copied += here;
        offset = 0;
    }
    return copied;
}

uint32_t sn_message_fragments(const sn_message *message, uint32_t fragment_length) {
    if (fragment_length == 0) {
        return 0;
    }
    uint32_t count = (message->body_size - 1) / fragment_length + 1;
    return count <= UINT16_MAX ? count : 0;
}

uint32_t sn_message_fragment(const sn_message *message, uint32_t fragment_length, uint16_t index, bool ack_requested,
                             uint8_t *frame) {
    sn_header header = message->header;
    if (ack_requested) {
        header.flags |= SN_FLAG_ACK_REQUESTED;
    }
    header.index = index;
    header.count = (uint16_t)sn_message_fragments(message, fragment_length);
    sn_header_pack(&header, frame);
    uint32_t offset = SN_STREAM_LEAD + index * fragment_length;
    return SN_HEADER_SIZE + sn_message_stream_read(message, offset, &frame[SN_HEADER_SIZE], fragment_length);
}

bool sn_body_open(sn_body *body, const uint8_t *data, uint32_t size) {
    if (size < SN_BODY_OVERHEAD || sn_get_u32(&data[0]) != size - SN_BODY_OVERHEAD) {
        return false;
    }
    body->model_id = sn_get_u32(&data[4]);
    body->payload = (sn_bytes){&data[8], size - SN_BODY_OVERHEAD};
    return sn_get_u32(&data[size - 4]) == sn_crc32(0, data, size - 4);
}
