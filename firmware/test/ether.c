/* SPDX-License-Identifier: MIT */
#include "ether.h"

#include <stdlib.h>
#include <string.h>

#include "awake.h"
#include "test.h"

#define HEAD_ADDRESS 0x020000000001u
#define TAIL_ADDRESS 0x020000000002u

static size_t side(const ether *air, const fake_port *fake) {
    return fake == air->tail;
}

static fake_port *other(const ether *air, const fake_port *fake) {
    return fake == air->head ? air->tail : air->head;
}

static bool happens(ether *air, uint32_t parts) {
    return test_random(&air->seed) % 1000 < parts;
}

static void fly(ether *air, const fake_port *from, const uint8_t *frame, size_t length, uint64_t at_us) {
    CHECK(air->count < ETHER_FRAMES);
    ether_frame *flying = &air->flying[air->count++];
    flying->at_us = at_us;
    flying->to = other(air, from);
    flying->from = from->address;
    flying->number = air->frames;
    flying->length = length;
    memcpy(flying->bytes, frame, length);
    if (happens(air, air->damage)) { /* the header, which no CRC protects, as often as the rest */
        size_t most = happens(air, 500) ? SN_HEADER_SIZE : length;
        flying->bytes[test_random(&air->seed) % most] ^= (uint8_t)(1u << test_random(&air->seed) % 8);
    }
}

/* A driver holds some frames, and sends one after the other. */
static bool carry(void *medium, fake_port *from, uint64_t to, const uint8_t *frame, size_t length) {
    ether *air = medium;
    size_t i = side(air, from);
    bool is_tail = from == air->tail;
    CHECK_UINT(to, is_tail && from->via != SN_VIA_BLE ? HEAD_ADDRESS : 0);
    uint64_t start = air->busy_until[i] > air->now_us ? air->busy_until[i] : air->now_us;
    if (start - air->now_us >= (uint64_t)air->driver * air->frame_us && air->frame_us != 0) {
        air->wants_room[i] = true;
        return false;
    }
    air->busy_until[i] = start + air->frame_us;
    air->frames++;
    sn_header header;
    CHECK(sn_header_unpack(&header, frame, length));
    uint64_t arrival = air->busy_until[i] + air->latency_us;
    if (happens(air, air->reordering)) {
        arrival += test_random(&air->seed) % (4 * (uint64_t)air->frame_us + 1000);
    }
    if (happens(air, air->loss) || (air->spoil != NULL && air->spoil(&header))) {
        air->lost++;
        return true;
    }
    fly(air, from, frame, length, arrival);
    if (happens(air, air->doubling)) {
        fly(air, from, frame, length, arrival + test_random(&air->seed) % 3000);
    }
    return true;
}

static void tell(fake_port *fake, sn_error code, const char *text) {
    fake_link(fake, code, text);
}

ether *ether_apart(sn_via via, uint32_t seed) {
    ether *air = calloc(1, sizeof *air);
    CHECK(air != NULL);
    air->seed = seed * 2654435761u + 1;
    air->latency_us = 500;
    air->frame_us = 300;
    air->driver = 6;
    air->invoke_us = 20000;
    air->head = fake_spacious(SN_ROLE_HEAD);
    air->tail = fake_spacious(SN_ROLE_TAIL);
    fake_port *both[] = {air->head, air->tail};
    for (size_t i = 0; i < 2; i++) {
        both[i]->carry = carry;
        both[i]->medium = air;
        both[i]->frame_limit = via == SN_VIA_UDP ? 1472 : via == SN_VIA_ESPNOW ? 250 : 244;
    }
    air->head->address = via == SN_VIA_BLE ? 0 : HEAD_ADDRESS;
    air->tail->address = via == SN_VIA_BLE ? 0 : TAIL_ADDRESS;
    fake_store_image(air->head);
    CHECK(fake_ask(air->head, "edge host=tail port=3333") != NULL);
    CHECK_TEXT(fake_ask(air->head, "peer mac=02:00:00:00:00:02 channel=6"), "ok mac=02:00:00:00:00:02 channel=6");
    return air;
}

ether *ether_new(sn_via via, uint32_t seed) {
    ether *air = ether_apart(via, seed);
    ether_connect(air, via);
    return air;
}

void ether_connect(ether *air, sn_via via) {
    static const char *const requests[] = {NULL, NULL, "link via=udp state=up", "link via=espnow state=up",
                                           "link via=ble state=up"};
    CHECK_TEXT(fake_ask(air->tail, requests[via]), "ok");
    CHECK_TEXT(fake_ask(air->head, requests[via]), "ok");
    tell(air->tail, SN_OK, NULL);
    tell(air->head, SN_OK, NULL);
    const char *line = ether_wait(air, 10000000);
    CHECK(line != NULL && strstr(line, "state=up") != NULL);
    line = fake_line(air->tail);
    if (line == NULL) { /* with a key, the head's ACK is still on its way */
        ether_pass(air, 10000);
        line = fake_line(air->tail);
    }
    CHECK(line != NULL && strstr(line, "state=up") != NULL);
}

void ether_free(ether *air) {
    fake_free(air->head);
    fake_free(air->tail);
    free(air);
}

static ether_frame *next_frame(ether *air) {
    ether_frame *first = NULL;
    for (size_t i = 0; i < air->count; i++) {
        ether_frame *frame = &air->flying[i];
        if (first == NULL || frame->at_us < first->at_us ||
            (frame->at_us == first->at_us && frame->number < first->number)) {
            first = frame;
        }
    }
    return first;
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* When a side's driver or model has something to say; UINT64_MAX if it has not. */
static uint64_t room_at(const ether *air, size_t i) {
    return air->wants_room[i] ? air->busy_until[i] - (air->driver - 1) * (uint64_t)air->frame_us : UINT64_MAX;
}

static uint64_t model_at(const ether *air, size_t i) {
    return air->invoked_at[i] != 0 ? air->invoked_at[i] : UINT64_MAX;
}

static void notice_invokes(ether *air) {
    fake_port *both[] = {air->head, air->tail};
    for (size_t i = 0; i < 2; i++) {
        if (both[i]->invoked != air->invoked[i]) {
            air->invoked[i] = both[i]->invoked;
            air->invoked_at[i] = air->now_us + air->invoke_us;
        }
    }
}

/* Lets the first thing happen that happens until `until`; false if there is none. */
static bool happen(ether *air, uint64_t until) {
    fake_port *both[] = {air->head, air->tail};
    notice_invokes(air);
    ether_frame *frame = next_frame(air);
    uint64_t at = frame != NULL ? frame->at_us : UINT64_MAX;
    for (size_t i = 0; i < 2; i++) {
        at = earlier(at, earlier(both[i]->deadline, earlier(room_at(air, i), model_at(air, i))));
    }
    if (at > until) {
        return false;
    }
    if (at > air->now_us) {
        air->now_us = at;
    }
    air->head->now_us = air->tail->now_us = air->now_us;
    if (frame != NULL && frame->at_us <= at) {
        ether_frame taken = *frame;
        *frame = air->flying[--air->count];
        sn_source from = {.address = taken.from, .rssi = -40};
        taken.to->deadline = sn_node_on_receive(taken.to->node, taken.to->via, &from, taken.bytes, taken.length);
        return true;
    }
    for (size_t i = 0; i < 2; i++) {
        if (room_at(air, i) <= at) {
            air->wants_room[i] = false;
            both[i]->deadline = sn_node_on_writable(both[i]->node, both[i]->via);
            return true;
        }
        if (model_at(air, i) <= at) {
            air->invoked_at[i] = 0;
            fake_finish_invoke(both[i]);
            return true;
        }
        if (both[i]->deadline <= at) {
            both[i]->deadline = sn_node_on_timer(both[i]->node);
            return true;
        }
    }
    return true;
}

static bool step(ether *air, uint64_t until) {
    bool happened = happen(air, until);
    awake_check(air->head);
    awake_check(air->tail);
    return happened;
}

const char *ether_wait(ether *air, uint64_t us) {
    uint64_t until = air->now_us + us;
    for (uint32_t steps = 0; steps < 200000; steps++) {
        const char *line = fake_line(air->head);
        if (line != NULL) {
            return line;
        }
        if (!step(air, until)) {
            air->now_us = air->head->now_us = air->tail->now_us = until;
            return NULL;
        }
    }
    CHECK(false); /* something goes on for ever */
    return NULL;
}

void ether_pass(ether *air, uint64_t us) {
    uint64_t until = air->now_us + us;
    for (uint32_t steps = 0; step(air, until); steps++) {
        CHECK(steps < 200000);
    }
    air->now_us = air->head->now_us = air->tail->now_us = until;
}

const char *ether_ask(ether *air, const char *line) {
    return fake_ask(air->head, line);
}

void ether_cut(ether *air) {
    air->count = 0;
    air->wants_room[0] = air->wants_room[1] = false;
    tell(air->head, SN_ERR_EDGE_LOST, "supervision timeout");
    tell(air->tail, SN_ERR_EDGE_LOST, "supervision timeout");
    ether_pass(air, 1000);
    tell(air->tail, SN_OK, NULL);
    tell(air->head, SN_OK, NULL);
}
