/* SPDX-License-Identifier: MIT */
/* The host at the console of a fake machine, the peer at its link, and time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/chunk.h"
#include "console/cobs.h"
#include "base/crc.h"
#include "fake_port.h"
#include "test.h"

void fake_type(fake_port *fake, const char *line) {
    size_t length = strlen(line);
    fake->deadline = sn_node_on_console(fake->node, (const uint8_t *)line, length);
    fake->deadline = sn_node_on_console(fake->node, (const uint8_t *)"\r\n", 2);
}

const char *fake_line(fake_port *fake) {
    static char line[2048];
    char *start = &fake->console[fake->console_read];
    size_t left = fake->console_length - fake->console_read;
    char *end = left != 0 ? memchr(start, '\n', left) : NULL;
    if (end == NULL) {
        CHECK_UINT(left, 0);
        return NULL;
    }
    size_t length = (size_t)(end - start) - 1;
    CHECK(start[length] == '\r' && length < sizeof line);
    memcpy(line, start, length);
    line[length] = '\0';
    fake->console_read += length + 2;
    CHECK(memchr(line, 0, length) == NULL);
    if (strchr("IWE", line[0]) != NULL && line[1] == ' ') {
        char *close = strchr(line, ')');
        CHECK(close != NULL && line[2] == '(');
        memmove(&line[3], close, strlen(close) + 1);
        return line;
    }
    CHECK(length > 6 && line[length - 6] == ' ' && line[length - 5] == '*');
    char crc[8];
    snprintf(crc, sizeof crc, "%04x", sn_crc16(line, length - 6));
    CHECK_TEXT(&line[length - 4], crc);
    line[length - 6] = '\0';
    return line;
}

const char *fake_ask(fake_port *fake, const char *line) {
    CHECK(fake_line(fake) == NULL);
    fake_type(fake, line);
    return fake_line(fake);
}

const char *fake_stats(fake_port *fake) {
    fake_type(fake, "stats");
    char *line = (char *)(uintptr_t)fake_line(fake);
    CHECK(line != NULL && strncmp(line, "ok ", 3) == 0);
    *strstr(line, " tx_frames=") = '\0';
    return line + 3;
}

uint64_t fake_count(fake_port *fake, const char *counter) {
    char key[32];
    CHECK(fake_line(fake) == NULL);
    fake_type(fake, "stats");
    snprintf(key, sizeof key, " %s=", counter);
    const char *at = strstr(fake_line(fake), key);
    CHECK(at != NULL);
    return strtoul(at + strlen(key), NULL, 10);
}

size_t fake_frame(fake_port *fake, uint8_t *to, size_t capacity) {
    const uint8_t *start = (const uint8_t *)&fake->console[fake->console_read];
    size_t left = fake->console_length - fake->console_read;
    CHECK(left > 2 && start[0] == 0);
    const uint8_t *end = memchr(&start[1], 0, left - 1);
    CHECK(end != NULL);
    size_t encoded = (size_t)(end - start) - 1;
    size_t length = 0;
    CHECK(encoded <= capacity);
    CHECK(sn_cobs_decode(&start[1], encoded, to, &length));
    fake->console_read += encoded + 2;
    return length;
}

void fake_store_image(fake_port *fake) {
    static uint8_t image[FAKE_INPUT];
    for (uint32_t i = 0; i < FAKE_INPUT; i++) {
        image[i] = (uint8_t)(i * 7);
    }
    char request[64];
    snprintf(request, sizeof request, "image size=%u crc=%x", FAKE_INPUT, sn_crc32(0, image, FAKE_INPUT));
    CHECK_TEXT(fake_ask(fake, request), "ok chunk=1024 window=16");
    for (uint32_t at = 0; at < FAKE_INPUT; at += SN_CHUNK_DATA) {
        uint32_t length = FAKE_INPUT - at < SN_CHUNK_DATA ? FAKE_INPUT - at : SN_CHUNK_DATA;
        sn_chunk chunk = {.type = SN_CHUNK_IMAGE, .offset = at, .data = {&image[at], length}};
        uint8_t encoded[SN_CHUNK_ENCODED];
        size_t size = sn_chunk_encode(&chunk, encoded);
        fake->deadline = sn_node_on_console(fake->node, encoded, size);
        char expected[64];
        snprintf(expected, sizeof expected, "! image next=%u", at + length);
        CHECK_TEXT(fake_line(fake), expected);
    }
    CHECK_TEXT(fake_line(fake), "! image state=ok");
}

void fake_pass(fake_port *fake, uint64_t us) {
    uint64_t until = fake->now_us + us;
    for (int calls = 0; fake->deadline <= until; calls++) {
        CHECK(calls < 1000);
        if (fake->deadline > fake->now_us) {
            fake->now_us = fake->deadline;
        }
        fake->deadline = sn_node_on_timer(fake->node);
    }
    fake->now_us = until;
}

void fake_finish_invoke(fake_port *fake) {
    uint32_t length = sn_get_u32(&fake->slot[120 + 36]);
    CHECK(length <= sizeof fake->model_output);
    memcpy(fake->model_output, fake->input, length);
    fake->deadline = sn_node_on_invoked(fake->node, SN_OK, NULL, fake->model_output, length);
}

void fake_link(fake_port *fake, sn_error code, const char *text) {
    fake->deadline = sn_node_on_link(fake->node, fake->via, code, text);
}

void fake_receive(fake_port *fake, const void *data, size_t length) {
    fake->deadline = sn_node_on_receive(fake->node, fake->via, &(sn_source){0}, data, length);
}

void fake_take(fake_port *fake, uint32_t bytes) {
    fake->link_room = bytes;
    fake->deadline = sn_node_on_writable(fake->node, fake->via);
}

void fake_peer_sends(fake_port *fake, sn_frame_type type, uint8_t flags, uint32_t id, uint32_t model_id,
                     const void *payload, uint32_t length) {
    static uint8_t stream[65536];
    uint32_t session = fake->slot[6] == SN_ROLE_HEAD ? FAKE_SESSION : FAKE_PEER_SESSION;
    sn_header header = {.type = (uint8_t)type, .flags = flags, .session = session, .message = id};
    sn_message message;
    sn_message_init(&message, &header, model_id, (sn_bytes){payload, length}, (sn_bytes){0});
    uint32_t size = sn_message_stream_read(&message, 0, stream, sizeof stream);
    fake_receive(fake, stream, size);
}

void fake_peer_greets(fake_port *fake, uint8_t flags, uint32_t id, sn_role role) {
    uint8_t payload[16] = {(uint8_t)role, SN_INT8};
    sn_put_u32(&payload[4], FAKE_CROSSING);
    sn_put_u32(&payload[8], FAKE_CLASSES);
    fake_peer_sends(fake, SN_FRAME_HELLO, flags, id, FAKE_MODEL_ID, payload, sizeof payload);
}

bool fake_peer_gets(fake_port *fake, sn_header *header, sn_body *body) {
    const uint8_t *start = &fake->sent[fake->sent_read];
    size_t left = fake->sent_length - fake->sent_read;
    if (left < 4 || left - 4 < sn_get_u32(start)) {
        return false;
    }
    uint32_t size = sn_get_u32(start);
    CHECK(sn_header_unpack(header, &start[4], size));
    CHECK_UINT(header->count, 1);
    CHECK(sn_body_open(body, &start[SN_STREAM_LEAD], size - SN_HEADER_SIZE));
    fake->sent_read += size + 4;
    return true;
}
