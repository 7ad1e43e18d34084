/* SPDX-License-Identifier: MIT */
/* A board, and what may happen to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awake.h"
#include "console/chunk.h"
#include "fuzz.h"
#include "node/state.h"
#include "test.h"
#include "wire/stream.h"

static const sn_role roles[] = {SN_ROLE_HEAD, SN_ROLE_TAIL, SN_ROLE_FULL, SN_ROLE_NONE};

fake_port *fuzz_board(fuzz_input *input) {
    fake_port *fake = fake_new();
    uint8_t kind = fuzz_byte(input);
    sn_role role = roles[kind % 4];
    fake->identity.app_on_trial = role == SN_ROLE_FULL;
    fake->identity.model_on_trial = role == SN_ROLE_FULL;
    if (role != SN_ROLE_NONE) {
        fake_write_slot(fake, role);
    }
    fake_boot(fake);
    fuzz_look(fake);
    if ((kind & 4) != 0) {
        fake_type(fake, "key value=00112233445566778899aabbccddeeff");
    }
    fake_type(fake, "edge host=a port=1");
    fake_type(fake, "peer mac=02:00:00:00:00:02");
    fuzz_look(fake);
    if (role == SN_ROLE_HEAD || role == SN_ROLE_FULL) {
        fake_store_image(fake);
    }
    return fake;
}

static void look_at_console(fake_port *fake) {
    uint8_t frame[SN_CHUNK_ENCODED];
    while (fake->console_read != fake->console_length) {
        if (fake->console[fake->console_read] == 0) {
            sn_chunk chunk;
            size_t length = fake_frame(fake, frame, sizeof frame);
            CHECK(sn_chunk_unpack(&chunk, frame, length));
        } else {
            CHECK(fake_line(fake) != NULL);
        }
    }
    fake->console_length = fake->console_read = 0;
}

static void check_frame(const uint8_t *frame, size_t length) {
    sn_header header;
    CHECK(sn_header_unpack(&header, frame, length));
    CHECK(length > SN_HEADER_SIZE);
}

static void look_at_packets(fake_port *fake) {
    fake_frame_lead lead;
    while (fake->sent_read != fake->sent_length) {
        memcpy(&lead, &fake->sent[fake->sent_read], sizeof lead);
        fake->sent_read += sizeof lead;
        check_frame(&fake->sent[fake->sent_read], lead.length);
        fake->sent_read += lead.length;
    }
    fake->sent_length = fake->sent_read = 0;
}

void fuzz_look(fake_port *fake) {
    look_at_console(fake);
    if (fake->via != SN_VIA_TCP && !fake->node->gateway.active) { /* what a gateway sends is its host's affair */
        look_at_packets(fake);
    }
    fake->sent_length = fake->sent_read = 0; /* a stream may have been cut anywhere */
    awake_check(fake);
}

static const char *const links[] = {"tcp", "udp", "espnow", "ble"};

void fuzz_request(fake_port *fake, fuzz_input *input) {
    static const char *const words[] = {
        "infer via=%s",
        "infer via=%s output=1",
        "infer",
        "rtt via=%s size=600",
        "rtt via=%s size=4294967295",
        "rtt via=%s",
        "link via=%s state=up",
        "role",
        "link via=%s state=up",
        "link via=%s state=down",
        "read what=output",
        "read what=activation",
        "stats",
        "read what=profile",
        "info",
        "help",
        "image size=3000 crc=0",
        "role set=model",
        "role set=gateway",
        "update what=app confirm=1",
        "edge host=%s port=65535",
        "update what=model confirm=1",
        "peer",
        "peer mac=02:00:00:4C:00:01 channel=13",
        "wifi ssid=%s",
        "wifi",
        "baud rate=921600",
        "reboot",
        "key",
        "key value=00112233445566778899aabbccddeeff",
    };
    char line[96];
    uint32_t word = fuzz_below(input, sizeof words / sizeof words[0]);
    uint32_t which = fuzz_below(input, 16);
    snprintf(line, sizeof line, words[word], which < 4 ? links[which] : links[fake->via - 1]);
    fake_type(fake, line);
    fuzz_look(fake);
}

void fuzz_chunk(fake_port *fake, fuzz_input *input) {
    static const uint8_t types[] = {SN_CHUNK_IMAGE, SN_CHUNK_UPDATE, SN_CHUNK_TRANSMIT, SN_CHUNK_DEALT_WITH};
    static const uint32_t limits[] = {SN_CHUNK_DATA, 32, 270, 0};
    uint8_t encoded[SN_CHUNK_ENCODED];
    uint32_t kind = fuzz_below(input, 4);
    uint8_t how = fuzz_byte(input);
    sn_chunk chunk = {.type = types[kind]};
    chunk.offset = (how & 1) != 0 ? fuzz_u32(input) : fuzz_u16(input);
    chunk.data = fuzz_bytes(input, limits[(how >> 1) % 4]);
    size_t length = sn_chunk_encode(&chunk, encoded);
    if ((how & 0x80) != 0) {
        encoded[fuzz_u16(input) % length] ^= (uint8_t)(1 + fuzz_byte(input) % 255);
    }
    fake->deadline = sn_node_on_console(fake->node, encoded, length);
    fuzz_look(fake);
}

/* The model's input and output, as the slot says, or not. */
static void model_opened(fake_port *fake, fuzz_input *input) {
    static const sn_error codes[] = {SN_OK, SN_ERR_ARENA, SN_ERR_MODEL_INVALID};
    uint32_t code = fuzz_below(input, 3);
    uint32_t sizes[] = {sn_get_u32(&fake->slot[80 + 36]), fuzz_u32(input)};
    fake->deadline = sn_node_on_model(fake->node, codes[code], code != 0 ? "it cannot be opened" : NULL, 1000,
                                      sizes[fuzz_below(input, 2)], sn_get_u32(&fake->slot[120 + 36]));
}

static void finish_invoke(fake_port *fake, fuzz_input *input) {
    if (fake->invoked == 0) {
        return;
    }
    fake->invoked = 0;
    if (fuzz_below(input, 4) == 0) {
        fake->deadline = sn_node_on_invoked(fake->node, SN_ERR_INVOKE, "an operator failed", NULL, 0);
    } else {
        fake_finish_invoke(fake);
    }
}

void fuzz_event(fake_port *fake, fuzz_input *input) {
    static const sn_error failures[] = {SN_ERR_EDGE_LOST, SN_ERR_RADIO, SN_ERR_WIFI, SN_ERR_EDGE_UNREACHABLE};
    switch (fuzz_below(input, 8)) {
    case 0:
        fake_pass(fake, fuzz_u16(input));
        break;
    case 1:
        fake_pass(fake, (uint64_t)fuzz_u16(input) * 500);
        break;
    case 2:
        fake_link(fake, SN_OK, NULL);
        break;
    case 3:
        fake_link(fake, failures[fuzz_below(input, 4)], fuzz_below(input, 2) != 0 ? "gone" : NULL);
        break;
    case 4:
        fake_take(fake, fuzz_below(input, 2) != 0 ? UINT32_MAX : fuzz_u16(input));
        break;
    case 5:
        finish_invoke(fake, input);
        break;
    case 6:
        fake->deadline = sn_node_on_wifi(fake->node, failures[fuzz_below(input, 2) + 1], "gone", NULL);
        break;
    case 7:
        model_opened(fake, input);
        break;
    }
    fuzz_look(fake);
}

void fuzz_end(fake_port *fake) {
    char down[32];
    fake_take(fake, UINT32_MAX);
    fuzz_look(fake);
    if (fake->invoked != 0) {
        fake_finish_invoke(fake);
        fuzz_look(fake);
    }
    fake->deadline = sn_node_on_console(fake->node, (const uint8_t *)"\r", 1);
    fake_pass(fake, 1000000); /* silence ends what was half there */
    fuzz_look(fake);
    fake_type(fake, "");
    fuzz_look(fake);
    const char *answer = fake_ask(fake, "role");
    CHECK(answer != NULL && strncmp(answer, "ok role=", 8) == 0);
    for (size_t i = 0; i < 6; i++) { /* BLE opens its link again and again */
        fake_pass(fake, 15000000);
        fuzz_look(fake);
    }
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_type(fake, "role set=model");
    fuzz_look(fake);
    snprintf(down, sizeof down, "link via=%s state=down", links[fake->via - 1]);
    fake_type(fake, down);
    fuzz_look(fake);
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}
