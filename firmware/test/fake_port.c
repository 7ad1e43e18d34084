/* SPDX-License-Identifier: MIT */
#include "fake_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "cobs.h"
#include "crc.h"
#include "sha256.h"
#include "test.h"

static uint64_t now_us(void *ctx) {
    fake_port *fake = ctx;
    uint64_t now = fake->now_us;
    fake->now_us += fake->us_per_look;
    return now;
}

static uint32_t random_u32(void *ctx) {
    (void)ctx;
    return 0x5E551011;
}

static void restart(void *ctx) {
    ((fake_port *)ctx)->restarts++;
}

static void console_write(void *ctx, const uint8_t *data, size_t length) {
    fake_port *fake = ctx;
    if (length > sizeof fake->console - fake->console_length) {
        memmove(fake->console, &fake->console[fake->console_read], fake->console_length - fake->console_read);
        fake->console_length -= fake->console_read;
        fake->console_read = 0;
    }
    CHECK(length <= sizeof fake->console - fake->console_length);
    memcpy(&fake->console[fake->console_length], data, length);
    fake->console_length += length;
}

static void console_baud(void *ctx, uint32_t rate) {
    ((fake_port *)ctx)->baud = rate;
}

static uint32_t slot_size(void *ctx) {
    return ((fake_port *)ctx)->slot_size;
}

static sn_error slot_read(void *ctx, uint32_t offset, void *to, uint32_t length) {
    fake_port *fake = ctx;
    CHECK((uint64_t)offset + length <= fake->slot_size);
    memcpy(to, &fake->slot[offset], length);
    return fake->slot_fails;
}

static sn_error slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]) {
    fake_port *fake = ctx;
    CHECK((uint64_t)offset + length <= fake->slot_size);
    sha256(&fake->slot[offset], length, digest);
    return SN_OK;
}

static sn_error model_open(void *ctx, uint32_t offset, uint32_t length) {
    fake_port *fake = ctx;
    CHECK_UINT(offset, SN_SLOT_HEADER);
    CHECK(length <= fake->slot_size - offset);
    fake->opened++;
    return fake->open_fails;
}

static sn_error input_load(void *ctx, const uint8_t *data, uint32_t length) {
    fake_port *fake = ctx;
    CHECK(length <= sizeof fake->input);
    memcpy(fake->input, data, length);
    fake->input_length = length;
    fake->loaded++;
    return fake->load_fails;
}

static sn_error invoke(void *ctx) {
    fake_port *fake = ctx;
    fake->invoked++;
    return fake->invoke_fails;
}

static sn_error wifi_join(void *ctx, const char *ssid, const char *password) {
    fake_port *fake = ctx;
    snprintf(fake->ssid, sizeof fake->ssid, "%s", ssid);
    snprintf(fake->password, sizeof fake->password, "%s", password);
    return SN_OK;
}

static sn_error link_open(void *ctx, sn_via via, const char *host, uint16_t port) {
    fake_port *fake = ctx;
    CHECK_UINT(via, SN_VIA_TCP);
    snprintf(fake->link_host, sizeof fake->link_host, "%s", host);
    fake->link_port = port;
    fake->link_opens++;
    return fake->link_fails;
}

static void link_close(void *ctx, sn_via via) {
    fake_port *fake = ctx;
    CHECK_UINT(via, SN_VIA_TCP);
    fake->link_closes++;
}

static int32_t link_send(void *ctx, sn_via via, const uint8_t *data, size_t length) {
    fake_port *fake = ctx;
    CHECK_UINT(via, SN_VIA_TCP);
    if (fake->link_broken) {
        return -1;
    }
    if (length > fake->link_room) {
        length = fake->link_room;
    }
    CHECK(length <= sizeof fake->sent - fake->sent_length);
    memcpy(&fake->sent[fake->sent_length], data, length);
    fake->sent_length += length;
    fake->link_room -= (uint32_t)length;
    return (int32_t)length;
}

static uint32_t link_frame_limit(void *ctx, sn_via via) {
    (void)ctx;
    CHECK_UINT(via, SN_VIA_TCP);
    return 0;
}

#ifdef SN_TEST_BUILD
static void crash(void *ctx) {
    ((fake_port *)ctx)->crashes++;
}

static void hang(void *ctx) {
    ((fake_port *)ctx)->hangs++;
}
#endif

static void *fresh_memory(size_t size) {
    void *memory = calloc(1, size);
    CHECK(memory != NULL);
    return memory;
}

fake_port *fake_new(void) {
    fake_port *fake = fresh_memory(sizeof *fake);
    fake->image_memory = fresh_memory(FAKE_INPUT);
    fake->receive_memory = fresh_memory(FAKE_RECEIVE);
    fake->output_memory = fresh_memory(FAKE_INPUT);
    fake->node = fresh_memory(sn_node_size());
    fake->port = (sn_port){
        .ctx = fake,
        .now_us = now_us,
        .random_u32 = random_u32,
        .restart = restart,
        .console_write = console_write,
        .console_baud = console_baud,
        .slot_size = slot_size,
        .slot_read = slot_read,
        .slot_sha256 = slot_sha256,
        .model_open = model_open,
        .input_load = input_load,
        .invoke = invoke,
        .wifi_join = wifi_join,
        .link_open = link_open,
        .link_close = link_close,
        .link_send = link_send,
        .link_frame_limit = link_frame_limit,
#ifdef SN_TEST_BUILD
        .crash = crash,
        .hang = hang,
#endif
    };
    fake->identity = (sn_identity){
        .version = "1.2.3",
        .source_digest = "0123456789abcdef",
        .chip = "esp32s3",
        .mac = "02:00:00:00:00:01",
        .kernels = "reference",
        .reset_reason = "power-on",
        .arena_size = 200000,
        .simulated = true,
    };
    fake->memory = (sn_memory){
        .image = fake->image_memory,
        .image_capacity = FAKE_INPUT,
        .receive = fake->receive_memory,
        .receive_capacity = FAKE_RECEIVE,
        .output = fake->output_memory,
        .output_capacity = FAKE_INPUT,
    };
    fake->slot_size = FAKE_SLOT;
    fake->link_room = UINT32_MAX;
    memset(fake->slot, 0xFF, sizeof fake->slot);
    return fake;
}

static void write_tensor(uint8_t *to, sn_dtype dtype, uint32_t size) {
    to[0] = (uint8_t)dtype;
    to[1] = 2;
    sn_put_u32(&to[4], 1);
    sn_put_u32(&to[8], size);
    sn_put_u32(&to[36], size);
}

void fake_write_slot(fake_port *fake, sn_role role) {
    uint8_t *slot = fake->slot;
    memset(slot, 0, SN_SLOT_HEADER);
    sn_put_u32(&slot[0], 0x4D4C4948);
    sn_put_u16(&slot[4], 1);
    slot[6] = (uint8_t)role;
    sn_put_u32(&slot[8], 1000);
    sn_put_u32(&slot[12], FAKE_MODEL_ID);
    if (role == SN_ROLE_TAIL) {
        write_tensor(&slot[80], SN_INT8, FAKE_CROSSING);
    } else {
        write_tensor(&slot[80], SN_UINT8, FAKE_INPUT);
    }
    if (role == SN_ROLE_HEAD) {
        write_tensor(&slot[120], SN_INT8, FAKE_CROSSING);
    } else {
        write_tensor(&slot[120], SN_UINT8, FAKE_CLASSES);
    }
    sn_put_u32(&slot[160], FAKE_CLASSES);
    memcpy(&slot[164], "dogs", 5);
    if (role != SN_ROLE_FULL) {
        memcpy(&slot[228], "block_6", 8);
    }
    memset(&slot[SN_SLOT_HEADER], 0xA5, 1000);
    fake_seal_slot(fake);
}

void fake_seal_slot(fake_port *fake) {
    uint32_t length = sn_get_u32(&fake->slot[8]);
    if (length <= FAKE_SLOT - SN_SLOT_HEADER) {
        sha256(&fake->slot[SN_SLOT_HEADER], length, &fake->slot[16]);
    }
    sn_put_u32(&fake->slot[4092], sn_crc32(0, fake->slot, 4092));
}

void fake_boot(fake_port *fake) {
    fake->deadline = sn_node_init(fake->node, &fake->port, &fake->identity, &fake->memory);
    if (fake->opened == 1 && fake->open_fails == SN_OK) {
        uint32_t input = sn_get_u32(&fake->slot[80 + 36]);
        uint32_t output = sn_get_u32(&fake->slot[120 + 36]);
        fake->deadline = sn_node_on_model(fake->node, SN_OK, NULL, 123456, input, output);
    }
}

fake_port *fake_in_role(sn_role role) {
    fake_port *fake = fake_new();
    fake_write_slot(fake, role);
    fake_boot(fake);
    fake->console_length = 0;
    return fake;
}

fake_port *fake_linked(sn_role role) {
    fake_port *fake = fake_in_role(role);
    if (role == SN_ROLE_HEAD) {
        CHECK_TEXT(fake_ask(fake, "edge host=10.0.0.1 port=4000"), "ok host=10.0.0.1 port=4000");
        CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "ok");
    }
    fake_link(fake, SN_OK, NULL);
    fake_peer_greets(fake, role == SN_ROLE_HEAD ? SN_FLAG_ANSWER : 0, 1,
                     role == SN_ROLE_HEAD ? SN_ROLE_TAIL : SN_ROLE_HEAD);
    sn_header header;
    sn_body body;
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_HELLO);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=up");
    return fake;
}

void fake_free(fake_port *fake) {
    CHECK(fake_line(fake) == NULL); /* a test looks at everything that the board says */
    free(fake->image_memory);
    free(fake->receive_memory);
    free(fake->output_memory);
    free(fake->node);
    free(fake);
}

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
    CHECK_TEXT(fake_ask(fake, request), "ok chunk=1024 window=4");
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
    fake->deadline = sn_node_on_link(fake->node, SN_VIA_TCP, code, text);
}

void fake_receive(fake_port *fake, const void *data, size_t length) {
    fake->deadline = sn_node_on_receive(fake->node, SN_VIA_TCP, data, length);
}

void fake_take(fake_port *fake, uint32_t bytes) {
    fake->link_room = bytes;
    fake->deadline = sn_node_on_writable(fake->node, SN_VIA_TCP);
}

void fake_peer_sends(fake_port *fake, sn_frame_type type, uint8_t flags, uint32_t id, uint32_t model_id,
                     const void *payload, uint32_t length) {
    static uint8_t stream[65536];
    sn_header header = {.type = (uint8_t)type, .flags = flags, .session = FAKE_PEER_SESSION, .message = id};
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
