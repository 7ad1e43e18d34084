/* SPDX-License-Identifier: MIT */
/* Hostile and broken input, the same in every run: nothing may be written out of bounds, and the node must go on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awake.h"
#include "console/chunk.h"
#include "fake_port.h"
#include "noise.h"
#include "test.h"
#include "wire/ack.h"

static void forget_output(fake_port *fake) {
    fake->console_length = 0;
    fake->console_read = 0;
    fake->sent_length = 0;
    fake->sent_read = 0;
}

static void check_alive(fake_port *fake) {
    forget_output(fake);
    fake_type(fake, "\r");
    fake_type(fake, "");
    forget_output(fake);
    const char *answer = fake_ask(fake, "role");
    CHECK(answer != NULL && strncmp(answer, "ok role=", 8) == 0);
    forget_output(fake);
}

static void the_console_survives_noise(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    uint32_t seed = 1;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        size_t length = noise_make(&seed);
        forget_output(fake);
        fake->deadline = sn_node_on_console(fake->node, noise_bytes, length);
        fake_pass(fake, 20000000);
    }
    /* The longest thing that can be under way is a frame without an end. */
    memset(noise_bytes, 'x', sizeof noise_bytes);
    sn_node_on_console(fake->node, noise_bytes, sizeof noise_bytes);
    check_alive(fake);
    fake_free(fake);
}

#define UPDATE(what)                                                                                                   \
    "update what=" what " size=5000 sha256="                                                                           \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Sends chunks of an update, most of them where it goes on. */
static void send_update(fake_port *fake, uint32_t *seed) {
    for (uint32_t at = 0; at < 5000 && test_random(seed) % 16 != 0; at += 1000) {
        uint8_t encoded[SN_CHUNK_ENCODED];
        sn_chunk chunk = {.type = SN_CHUNK_UPDATE, .offset = at, .data = {noise_bytes, 1000}};
        fake->deadline = sn_node_on_console(fake->node, encoded, sn_chunk_encode(&chunk, encoded));
    }
}

/* Requests put together from words that are right, in any order and number. */
static void the_node_survives_requests_in_any_order(void) {
    static const char *const words[] = {"infer via=tcp",
                                        "infer via=tcp output=1",
                                        "link via=tcp state=up",
                                        "link via=tcp state=down",
                                        "read what=activation",
                                        "read what=output",
                                        "rtt via=tcp size=100",
                                        "image size=3000 crc=0",
                                        "edge host=a port=1",
                                        "stats",
                                        "infer",
                                        "info",
                                        "update what=app confirm=1",
                                        UPDATE("app"),
                                        UPDATE("model")};
    static const sn_role roles[] = {SN_ROLE_HEAD, SN_ROLE_TAIL, SN_ROLE_FULL, SN_ROLE_NONE};
    uint32_t seed = 2;
    for (size_t i = 0; i < 4; i++) {
        fake_port *fake = fake_new();
        if (roles[i] != SN_ROLE_NONE) {
            fake_write_slot(fake, roles[i]);
        }
        fake_boot(fake);
        for (uint32_t round = 0; round < ROUNDS; round++) {
            forget_output(fake);
            uint32_t what = test_random(&seed) % 24;
            if (what < 12) {
                fake_type(fake, words[what]);
            } else if (what > 20) {
                fake_type(fake, words[12 + (what - 21)]);
            } else if (what == 20) {
                send_update(fake, &seed);
            } else if (what == 12) {
                fake_link(fake, SN_OK, NULL);
            } else if (what == 13) {
                fake_link(fake, SN_ERR_EDGE_LOST, "gone");
            } else if (what == 14 && roles[i] != SN_ROLE_NONE) {
                fake_finish_invoke(fake);
            } else if (what == 15) {
                fake_peer_greets(fake, test_random(&seed) % 8, test_random(&seed) % 4, SN_ROLE_TAIL);
            } else if (what == 16) {
                fake_take(fake, test_random(&seed) % 4096);
            } else if (what == 17) {
                fake_pass(fake, test_random(&seed) % 20000000);
            } else if (what == 18) {
                fake_peer_sends(fake, (sn_frame_type)(test_random(&seed) % 9), test_random(&seed) % 8,
                                test_random(&seed) % 40, FAKE_MODEL_ID, noise_bytes, test_random(&seed) % 1700);
            } else if (roles[i] == SN_ROLE_HEAD) {
                fake_peer_greets(fake, SN_FLAG_ANSWER, round % 40, SN_ROLE_TAIL);
            }
        }
        check_alive(fake);
        fake_free(fake);
    }
}

static void the_stream_survives_noise_and_mutilated_frames(void) {
    static const sn_role roles[] = {SN_ROLE_HEAD, SN_ROLE_TAIL};
    uint32_t seed = 3;
    for (size_t i = 0; i < 2; i++) {
        for (uint32_t round = 0; round < ROUNDS / 10; round++) {
            fake_port *fake = fake_linked(roles[i]);
            for (uint32_t piece = 0; piece < 10; piece++) {
                size_t length = noise_make(&seed);
                if (piece % 2 == 0) { /* a sound prefix and a sound start of a header in front of the noise */
                    sn_header header = {.type = (uint8_t)(1 + test_random(&seed) % 7),
                                        .count = 1,
                                        .session = FAKE_PEER_SESSION,
                                        .message = test_random(&seed) % 4};
                    uint32_t size = 28 + test_random(&seed) % 200;
                    sn_put_u32(noise_bytes, size);
                    sn_header_pack(&header, &noise_bytes[4]);
                    length = size + 4;
                }
                fake_receive(fake, noise_bytes, length);
                forget_output(fake);
            }
            check_alive(fake);
            fake_free(fake);
        }
    }
}

/* A frame that may mean something: its header is sound, but says whatever it likes. */
static size_t make_frame(uint32_t *seed, uint32_t session) {
    size_t length = SN_HEADER_SIZE + noise_make(seed) % 300;
    sn_header header = {.type = (uint8_t)(1 + test_random(seed) % 7),
                        .flags = (uint8_t)(test_random(seed) % 16),
                        .session = test_random(seed) % 8 == 0 ? test_random(seed) : session,
                        .message = test_random(seed) % 6,
                        .count = (uint16_t)(1 + test_random(seed) % (test_random(seed) % 16 == 0 ? 65535 : 9))};
    header.index = (uint16_t)(test_random(seed) % header.count);
    sn_body body = {0};
    if (test_random(seed) % 2 == 0) { /* a whole message: an ACK, a HELLO or what passes for it */
        static const uint32_t sizes[] = {0, 4, SN_ACK_SIZE, 16, 72, 100};
        sn_message message;
        header.index = 0;
        header.count = 1;
        body.payload = (sn_bytes){&noise_bytes[512], sizes[test_random(seed) % 6]};
        noise_bytes[512] = (uint8_t)(test_random(seed) % 4);
        sn_message_init(&message, &header, FAKE_MODEL_ID, body.payload, (sn_bytes){0});
        return sn_message_fragment(&message, 1456, 0, (header.flags & SN_FLAG_ACK_REQUESTED) != 0, noise_bytes);
    }
    sn_header_pack(&header, noise_bytes);
    return length;
}

/* Sound and unsound frames, requests, time and drivers that are full, in any order and over any link. */
static void packet_links_survive_whatever_arrives(void) {
    static const sn_role roles[] = {SN_ROLE_HEAD, SN_ROLE_TAIL};
    static const char *const names[] = {"udp", "espnow", "ble"};
    static const char *const requests[] = {"infer via=%s", "infer via=%s output=1", "rtt via=%s size=600",
                                           "link via=%s state=up", "link via=%s state=down"};
    uint32_t seed = 5;
    for (size_t i = 0; i < 6; i++) {
        const char *via = names[i / 2];
        fake_port *fake = fake_in_role(roles[i % 2]);
        uint32_t session = roles[i % 2] == SN_ROLE_HEAD ? FAKE_SESSION : FAKE_PEER_SESSION;
        fake_type(fake, "edge host=a port=1");
        fake_type(fake, "peer mac=02:00:00:00:00:02");
        forget_output(fake);
        if (roles[i % 2] == SN_ROLE_HEAD) {
            fake_store_image(fake);
        }
        for (uint32_t round = 0; round < ROUNDS; round++) {
            uint32_t what = test_random(&seed) % 24;
            char request[64];
            sn_source from = {.address = test_random(&seed) % 3};
            if (what < 5) {
                snprintf(request, sizeof request, requests[what], via);
                fake_type(fake, request);
            } else if (what == 5) {
                fake_link(fake, SN_OK, NULL);
            } else if (what == 6 && round % 8 == 0) {
                fake_link(fake, SN_ERR_EDGE_LOST, "gone");
            } else if (what == 7) {
                fake_finish_invoke(fake);
            } else if (what == 8) {
                fake_take(fake, test_random(&seed) % 4096);
            } else if (what == 9) {
                fake_pass(fake, test_random(&seed) % 300000);
            } else {
                size_t length = make_frame(&seed, session);
                fake->deadline = sn_node_on_receive(fake->node, fake->via, &from, noise_bytes, length);
            }
            awake_check(fake);
            forget_output(fake);
        }
        check_alive(fake);
        fake_take(fake, UINT32_MAX);
        fake_finish_invoke(fake);
        fake_pass(fake, 60000000);
        CHECK(fake->deadline == SN_NO_DEADLINE); /* it has come to rest */
        forget_output(fake);
        char down[32];
        snprintf(down, sizeof down, "link via=%s state=down", via);
        fake_type(fake, down);
        CHECK(fake->deadline == SN_NO_DEADLINE);
        forget_output(fake);
        fake_free(fake);
    }
}

static void a_gateway_survives_records_in_any_order(void) {
    fake_port *fake = fake_new();
    fake_boot(fake);
    uint32_t seed = 6;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t what = test_random(&seed) % 12;
        sn_source from = {.address = test_random(&seed)};
        size_t length = noise_make(&seed) % (SN_CHUNK_DATA + 1);
        uint8_t encoded[SN_CHUNK_ENCODED];
        forget_output(fake);
        if (what == 0) {
            fake_type(fake, test_random(&seed) % 4 == 0 ? "role set=model" : "role set=gateway");
        } else if (what == 1) {
            fake_link(fake, test_random(&seed) % 4 == 0 ? SN_ERR_RADIO : SN_OK, NULL);
        } else if (what == 2) {
            fake_take(fake, test_random(&seed) % 4096);
        } else if (what < 6) {
            fake->deadline = sn_node_on_receive(fake->node, fake->via, &from, noise_bytes, length);
        } else {
            sn_chunk record = {.type = (uint8_t)(test_random(&seed) % 8),
                               .offset = test_random(&seed) % 64 + round / 16,
                               .data = {noise_bytes, (uint32_t)(what < 9 ? 22 + length % 250 : length)}};
            size_t size = sn_chunk_encode(&record, encoded);
            fake->deadline = sn_node_on_console(fake->node, encoded, size);
        }
    }
    check_alive(fake);
    fake_free(fake);
}

static const test_case noise_cases[] = {
    TEST(the_console_survives_noise),
    TEST(the_node_survives_requests_in_any_order),
    TEST(the_stream_survives_noise_and_mutilated_frames),
    TEST(packet_links_survive_whatever_arrives),
    TEST(a_gateway_survives_records_in_any_order),
};
SUITE(noise, noise_cases);
