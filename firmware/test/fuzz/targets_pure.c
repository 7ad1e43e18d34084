/* SPDX-License-Identifier: MIT */
/* Parsers alone: codecs, reassembly, the model slot's header. */
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/pairs.h"
#include "base/reason.h"
#include "console/chunk.h"
#include "console/console.h"
#include "fuzz.h"
#include "model/slot.h"
#include "node/result.h"
#include "test.h"
#include "wire/ack.h"
#include "wire/reassembly.h"

static void cobs(sn_bytes bytes) {
    uint8_t encoded[SN_COBS_BOUND(2048)];
    uint8_t plain[SN_COBS_BOUND(2048)];
    size_t length = 0;
    size_t size = sn_cobs_encode(bytes.data, bytes.length, encoded);
    CHECK(size <= SN_COBS_BOUND(bytes.length) && memchr(encoded, 0, size) == NULL);
    CHECK(sn_cobs_decode(encoded, size, encoded, &length));
    CHECK_BYTES(encoded, length, bytes.data, bytes.length);
    if (sn_cobs_decode(bytes.data, bytes.length, plain, &length)) {
        CHECK(length < bytes.length);
        size = sn_cobs_encode(plain, length, encoded);
        CHECK(sn_cobs_decode(encoded, size, encoded, &length)); /* there are several ways to write one thing */
        CHECK_BYTES(encoded, length, plain, length);
    }
}

static void chunk(sn_bytes bytes) {
    sn_chunk chunk;
    if (sn_chunk_unpack(&chunk, bytes.data, bytes.length)) {
        CHECK(chunk.data.length == bytes.length - 9);
    }
    uint8_t encoded[SN_CHUNK_ENCODED];
    chunk = (sn_chunk){.type = 1, .offset = bytes.length, .data = bytes};
    chunk.data.length = bytes.length < SN_CHUNK_DATA ? bytes.length : SN_CHUNK_DATA;
    size_t length = sn_chunk_encode(&chunk, encoded);
    CHECK(sn_cobs_decode(&encoded[1], length - 2, &encoded[1], &length));
    sn_chunk again;
    CHECK(sn_chunk_unpack(&again, &encoded[1], length));
    CHECK(again.type == 1 && again.offset == bytes.length);
    CHECK_BYTES(again.data.data, again.data.length, chunk.data.data, chunk.data.length);
}

static void frame(sn_bytes bytes) {
    sn_header header;
    uint8_t packed[SN_HEADER_SIZE];
    if (!sn_header_unpack(&header, bytes.data, bytes.length)) {
        return;
    }
    CHECK(header.index < header.count);
    sn_header_pack(&header, packed);
    CHECK_BYTES(packed, SN_HEADER_SIZE, bytes.data, SN_HEADER_SIZE);
}

static void body(sn_bytes bytes) {
    sn_body body;
    sn_ack ack;
    if (sn_body_open(&body, bytes.data, bytes.length)) {
        CHECK_UINT(body.payload.length, bytes.length - SN_BODY_OVERHEAD);
    }
    if (sn_ack_unpack(&ack, bytes)) {
        uint8_t packed[SN_ACK_SIZE];
        sn_ack_pack(&ack, packed);
        CHECK_BYTES(packed, SN_ACK_SIZE, bytes.data, bytes.length);
        (void)sn_ack_has(&ack, ack.base + 65);
    }
}

static void result(sn_bytes bytes) {
    for (int want = 0; want < 2; want++) {
        sn_node_result result;
        sn_bytes output;
        if (sn_node_result_unpack(&result, bytes, want != 0, &output)) {
            CHECK(result.count <= SN_TOP);
            CHECK_UINT(output.length, want != 0 ? result.output_length : 0);
        }
    }
}

static void top(sn_bytes bytes) {
    sn_top_entry entries[SN_TOP];
    for (uint8_t dtype = 0; dtype < 16; dtype++) {
        if (sn_dtype_is_known(dtype)) {
            uint32_t count = bytes.length / sn_dtype_size((sn_dtype)dtype);
            CHECK_UINT(sn_top5(bytes.data, count, (sn_dtype)dtype, entries), count < SN_TOP ? count : SN_TOP);
        }
    }
}

/* A line as it stands in the console's buffer. */
static void line(sn_bytes bytes) {
    char text[SN_LINE_LIMIT + 1];
    sn_request request;
    const char *why = NULL;
    uint32_t length = bytes.length < SN_LINE_LIMIT ? bytes.length : SN_LINE_LIMIT;
    memcpy(text, bytes.data, length);
    text[length] = '\0';
    sn_error code = sn_request_parse(&request, text, &why);
    CHECK((code != SN_OK) == (why != NULL));
    CHECK(code != SN_OK || (request.verb[0] != '\0' && request.arguments.count <= SN_PAIRS));
}

static void text(sn_bytes bytes) {
    char written[1200 + SN_TEXT_SEAL];
    sn_text line;
    sn_reason reason;
    sn_text_init(&line, written, 1200);
    sn_text_pair_bytes(&line, "key", (const char *)bytes.data, bytes.length);
    sn_text_seal(&line);
    CHECK(line.length <= sizeof written);
    sn_reason_set_bytes(&reason, SN_ERR_PROTOCOL, bytes.data, bytes.length);
    CHECK(strlen(reason.text) < SN_SENTENCE);
}

/* The first byte says which. */
static void codecs(fuzz_input *input) {
    static void (*const all[])(sn_bytes) = {cobs, chunk, frame, body, result, top, line, text};
    void (*one)(sn_bytes) = all[fuzz_below(input, 8)];
    uint8_t *memory = malloc(input->left + 1);
    uint32_t length = (uint32_t)(input->left < 2048 ? input->left : 2048);
    CHECK(memory != NULL);
    memcpy(memory, input->data, length);
    one((sn_bytes){memory, length});
    free(memory);
}

/* Memory of exactly the size that was announced, for the sanitizer to guard. */
static void reassembly(fuzz_input *input) {
    uint32_t capacity = fuzz_u16(input) % 600;
    uint32_t bitmap_size = fuzz_below(input, 20);
    uint32_t fragment_length = fuzz_below(input, 64);
    uint8_t *memory = malloc(capacity + 1);
    uint8_t *bitmap = malloc(bitmap_size + 1);
    CHECK(memory != NULL && bitmap != NULL);
    sn_reassembly joined;
    sn_reassembly_init(&joined, &memory[1], capacity, &bitmap[1], bitmap_size, fragment_length);
    while (input->left != 0) {
        uint8_t bytes[SN_HEADER_SIZE + 64];
        uint8_t what = fuzz_byte(input);
        sn_header header = {.type = (uint8_t)(1 + what % 2),
                            .flags = (uint8_t)(what >> 4),
                            .session = what >> 3 & 1,
                            .message = fuzz_byte(input),
                            .count = fuzz_byte(input),
                            .index = fuzz_byte(input)};
        sn_header_pack(&header, bytes);
        sn_bytes piece = fuzz_bytes(input, 64);
        memcpy(&bytes[SN_HEADER_SIZE], piece.data, piece.length);
        sn_fragment_state state = sn_reassembly_push(&joined, bytes, SN_HEADER_SIZE + piece.length);
        sn_ack ack = sn_reassembly_ack(&joined);
        CHECK(state != SN_FRAGMENT_COMPLETE || ack.base == header.count);
        CHECK(!joined.active || ack.base <= joined.header.count);
        if (what % 4 == 3) {
            sn_reassembly_forget(&joined);
        }
    }
    free(memory);
    free(bitmap);
}

/* A slot that is right but for what the input changes; half of the time digest and CRC are made right again. */
static void slot(fuzz_input *input) {
    static const sn_role roles[] = {SN_ROLE_HEAD, SN_ROLE_TAIL, SN_ROLE_FULL};
    static const uint32_t sizes[] = {FAKE_SLOT, SN_SLOT_HEADER, 100, 0};
    fake_port *fake = fake_new();
    fake_write_slot(fake, roles[fuzz_below(input, 3)]);
    uint8_t how = fuzz_byte(input);
    if ((how & 2) != 0) {
        fake->flash.size = sizes[fuzz_below(input, 4)];
    }
    while (input->left != 0) {
        uint32_t at = fuzz_u16(input) % SN_SLOT_HEADER;
        sn_bytes bytes = fuzz_bytes(input, SN_SLOT_HEADER - at);
        memcpy(&fake->slot[at], bytes.data, bytes.length);
    }
    if ((how & 1) != 0) {
        fake_seal_slot(fake);
    }
    sn_slot loaded;
    const char *why = NULL;
    sn_error code = sn_slot_load(&loaded, &fake->port, &why);
    CHECK((code != SN_OK) == (why != NULL));
    CHECK(memchr(loaded.name, 0, sizeof loaded.name) != NULL && memchr(loaded.cut, 0, sizeof loaded.cut) != NULL);
    fake_start(fake);
    if (fake->opened == 1) {
        CHECK_UINT(code, SN_OK);
        fake->deadline = sn_node_on_model(fake->node, SN_OK, NULL, 1000, loaded.input.size, loaded.output.size);
    }
    fuzz_look(fake);
    fake_type(fake, "info");
    fake_type(fake, "role");
    fuzz_look(fake);
    fake_free(fake);
}

const fuzz_target fuzz_codecs = {"codecs", codecs};
const fuzz_target fuzz_reassembly = {"reassembly", reassembly};
const fuzz_target fuzz_slot = {"slot", slot};
