/* SPDX-License-Identifier: MIT */
/* sn_gateway by itself: no node, no console to read. */
#include <stdlib.h>
#include <string.h>

#include "console/cobs.h"
#include "fake_port.h"
#include "gateway/gateway.h"
#include "test.h"

#define STATION 0x02000000004Cu

typedef struct {
    fake_port *fake;
    sn_gateway gateway;
    uint8_t memory[4096];
    uint32_t ups;
    sn_error ended; /* with this code */
} bridge;

static void up(void *owner) {
    ((bridge *)owner)->ups++;
}

static void down(void *owner, sn_error code, const char *text) {
    CHECK(text[0] != '\0');
    ((bridge *)owner)->ended = code;
}

static const sn_gateway_events events = {up, down};

static bridge *make(uint32_t capacity) {
    bridge *made = calloc(1, sizeof *made);
    CHECK(made != NULL);
    made->fake = fake_new();
    sn_gateway_init(&made->gateway, &made->fake->port, made->memory, capacity, &events, made);
    return made;
}

static bridge *begun(void) {
    sn_reason why;
    bridge *made = make(sizeof made->memory);
    CHECK_UINT(sn_gateway_begin(&made->gateway, 6, &why), SN_OK);
    CHECK_UINT(made->fake->via, SN_VIA_ESPNOW);
    CHECK_UINT(made->fake->link_port, 6);
    return made;
}

static void end(bridge *made) {
    made->fake->console_read = made->fake->console_length;
    fake_free(made->fake);
    free(made);
}

static void put(bridge *to, uint32_t number, uint8_t content) {
    const uint8_t data[] = {0x02, 0, 0, 0, 0, 0x4C, content, content};
    sn_gateway_on_record(&to->gateway,
                         &(sn_chunk){.type = SN_CHUNK_TRANSMIT, .offset = number, .data = {data, sizeof data}});
}

static void expect_record(bridge *from, uint8_t type, uint32_t number, uint32_t length) {
    uint8_t plain[SN_CHUNK_SIZE];
    sn_chunk record;
    CHECK(sn_chunk_unpack(&record, plain, fake_frame(from->fake, plain, sizeof plain)));
    CHECK_UINT(record.type, type);
    CHECK_UINT(record.offset, number);
    CHECK_UINT(record.data.length, length);
}

static void frames_of_the_host_wait_for_the_radio_and_go_out_in_order(void) {
    bridge *made = begun();
    put(made, 1, 0x11);
    CHECK_UINT(made->fake->sent_length, 0);
    sn_gateway_on_change(&made->gateway, SN_OK, NULL);
    CHECK_UINT(made->ups, 1);
    expect_record(made, SN_CHUNK_TRANSMITTED, 1, 0);
    made->fake->link_room = 0;
    put(made, 2, 0x22);
    CHECK_UINT(made->gateway.counts.tx_frames, 1);
    made->fake->link_room = 250;
    sn_gateway_on_writable(&made->gateway);
    expect_record(made, SN_CHUNK_TRANSMITTED, 2, 0);
    CHECK_UINT(made->gateway.counts.tx_bytes, 4);
    const uint8_t *second = &made->fake->sent[sizeof(fake_frame_lead) + 2];
    fake_frame_lead lead;
    memcpy(&lead, second, sizeof lead);
    CHECK_UINT(lead.to, STATION);
    CHECK_UINT(second[sizeof lead], 0x22);
    end(made);
}

static void frames_of_the_air_go_to_the_host_until_it_falls_behind(void) {
    static const uint8_t frame[100];
    bridge *made = begun();
    sn_gateway_on_change(&made->gateway, SN_OK, NULL);
    for (uint32_t i = 1; i <= 17; i++) {
        sn_gateway_on_receive(&made->gateway, &(sn_source){.address = STATION}, frame, sizeof frame);
    }
    for (uint32_t i = 1; i <= 16; i++) {
        expect_record(made, SN_CHUNK_RECEIVED, i, 6 + 1 + 8 + sizeof frame);
    }
    CHECK_UINT(made->gateway.counts.dropped, 1);
    CHECK_UINT(made->gateway.counts.rx_frames, 17);
    sn_gateway_on_record(&made->gateway, &(sn_chunk){.type = SN_CHUNK_DEALT_WITH, .offset = 16});
    sn_gateway_on_receive(&made->gateway, &(sn_source){.address = STATION}, frame, sizeof frame);
    expect_record(made, SN_CHUNK_RECEIVED, 17, 6 + 1 + 8 + sizeof frame);
    end(made);
}

static void a_radio_that_fails_ends_it(void) {
    bridge *made = begun();
    sn_gateway_on_change(&made->gateway, SN_ERR_RADIO, "broken");
    CHECK_UINT(made->ended, SN_ERR_RADIO);
    CHECK(!made->gateway.active);
    CHECK_UINT(made->fake->link_closes, 1);
    end(made);
}

static void it_begins_anew_with_its_counts_kept(void) {
    sn_reason why;
    bridge *made = begun();
    sn_gateway_on_change(&made->gateway, SN_OK, NULL);
    put(made, 7, 1);
    CHECK_UINT(sn_gateway_begin(&made->gateway, 11, &why), SN_OK);
    CHECK_UINT(made->fake->link_closes, 1);
    CHECK_UINT(made->gateway.counts.tx_frames, 1);
    put(made, 1, 1);
    CHECK_UINT(made->gateway.counts.bad_records, 0);
    sn_gateway_stop(&made->gateway);
    CHECK(!made->gateway.active);
    end(made);
}

static void too_little_memory_or_a_radio_that_does_not_start_is_refused(void) {
    sn_reason why;
    bridge *made = make(1000);
    CHECK_UINT(sn_gateway_begin(&made->gateway, 1, &why), SN_ERR_UNSUPPORTED);
    CHECK_UINT(made->fake->link_opens, 0);
    end(made);
    made = make(sizeof made->memory);
    made->fake->link_fails = SN_ERR_RADIO;
    CHECK_UINT(sn_gateway_begin(&made->gateway, 1, &why), SN_ERR_RADIO);
    CHECK(!made->gateway.active);
    end(made);
}

static const test_case gateway_cases[] = {
    TEST(frames_of_the_host_wait_for_the_radio_and_go_out_in_order),
    TEST(frames_of_the_air_go_to_the_host_until_it_falls_behind),
    TEST(a_radio_that_fails_ends_it),
    TEST(it_begins_anew_with_its_counts_kept),
    TEST(too_little_memory_or_a_radio_that_does_not_start_is_refused),
};
SUITE(gateway, gateway_cases);
