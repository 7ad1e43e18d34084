/* SPDX-License-Identifier: MIT */
/* A board that carries frames between its console and the air. */
#include <string.h>

#include "console/chunk.h"
#include "fake_port.h"
#include "test.h"

#define STATION 0x02000000004Cu

static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 0x4C};

static fake_port *gateway(void) {
    fake_port *fake = fake_new(); /* it needs no model */
    fake_boot(fake);
    fake->console_length = 0;
    CHECK_TEXT(fake_ask(fake, "role set=gateway channel=6"), "ok role=gateway");
    CHECK_UINT(fake->via, SN_VIA_ESPNOW);
    CHECK_TEXT(fake->link_host, "");
    CHECK_UINT(fake->link_port, 6);
    fake_link(fake, SN_OK, NULL);
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=up");
    return fake;
}

static void put_record(fake_port *fake, uint8_t type, uint32_t number, const void *data, uint32_t length) {
    uint8_t encoded[SN_CHUNK_ENCODED];
    sn_chunk record = {.type = type, .offset = number, .data = {data, length}};
    size_t size = sn_chunk_encode(&record, encoded);
    fake->deadline = sn_node_on_console(fake->node, encoded, size);
}

/* A frame of `length` bytes, all of them `number`. */
static void transmit(fake_port *fake, uint32_t number, uint32_t length) {
    uint8_t data[SN_CHUNK_DATA];
    memcpy(data, mac, sizeof mac);
    memset(&data[sizeof mac], (int)number, length);
    put_record(fake, SN_CHUNK_TRANSMIT, number, data, (uint32_t)sizeof mac + length);
}

static void expect_taken(fake_port *fake, uint32_t number) {
    uint8_t plain[64];
    sn_chunk record;
    CHECK(sn_chunk_unpack(&record, plain, fake_frame(fake, plain, sizeof plain)));
    CHECK_UINT(record.type, SN_CHUNK_TRANSMITTED);
    CHECK_UINT(record.offset, number);
    CHECK_UINT(record.data.length, 0);
}

/* The next frame on the air. */
static void expect_sent(fake_port *fake, uint32_t number, uint32_t length) {
    fake_frame_lead lead;
    uint8_t expected[256];
    CHECK(fake->sent_read < fake->sent_length);
    memcpy(&lead, &fake->sent[fake->sent_read], sizeof lead);
    CHECK_UINT(lead.to, STATION);
    memset(expected, (int)number, length);
    CHECK_BYTES(&fake->sent[fake->sent_read + sizeof lead], lead.length, expected, length);
    fake->sent_read += sizeof lead + lead.length;
}

static void receive(fake_port *fake, uint8_t value, size_t length) {
    uint8_t frame[256];
    memset(frame, value, length);
    sn_source from = {.address = STATION, .rssi = -47};
    fake->deadline = sn_node_on_receive(fake->node, SN_VIA_ESPNOW, &from, frame, length);
}

static void what_the_host_sends_goes_into_the_air_in_order_and_is_confirmed(void) {
    fake_port *fake = gateway();
    for (uint32_t number = 1; number <= 20; number++) {
        transmit(fake, number, 17 + number);
        expect_taken(fake, number);
        expect_sent(fake, number, 17 + number);
    }
    CHECK(fake->deadline == SN_NO_DEADLINE);
    CHECK_UINT(fake_count(fake, "tx_frames"), 20);
    fake_free(fake);
}

static void frames_wait_while_the_driver_is_full(void) {
    fake_port *fake = gateway();
    fake->link_room = 40;
    for (uint32_t number = 1; number <= 9; number++) {
        transmit(fake, number, 20); /* the ninth is one more than the host may be ahead */
        if (number <= 2) {
            expect_taken(fake, number);
        }
    }
    fake->link_room = 1000; /* but it has not said so */
    transmit(fake, 11, 20);
    CHECK(fake_line(fake) == NULL);
    fake_take(fake, 60);
    for (uint32_t number = 3; number <= 5; number++) {
        expect_taken(fake, number);
    }
    CHECK(fake_line(fake) == NULL);
    fake_take(fake, 1000);
    for (uint32_t number = 6; number <= 9; number++) {
        expect_taken(fake, number);
    }
    transmit(fake, 12, 20);
    expect_taken(fake, 11);
    expect_taken(fake, 12);
    for (uint32_t number = 1; number <= 12; number++) {
        if (number != 10) {
            expect_sent(fake, number, 20);
        }
    }
    fake_free(fake);
}

static void a_host_that_has_no_credit_left_loses_its_record(void) {
    fake_port *fake = gateway();
    fake->link_room = 0;
    for (uint32_t number = 1; number <= 10; number++) {
        transmit(fake, number, 20);
    }
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 2);
    fake_take(fake, 1000);
    for (uint32_t number = 1; number <= 8; number++) {
        expect_taken(fake, number);
    }
    fake_free(fake);
}

static void missing_and_repeated_numbers_do_no_harm(void) {
    fake_port *fake = gateway();
    transmit(fake, 1, 20);
    transmit(fake, 4, 20); /* 2 and 3 were lost on the line */
    transmit(fake, 4, 20);
    transmit(fake, 3, 20);
    transmit(fake, 5, 251); /* too long for ESP-NOW */
    transmit(fake, 6, 0);   /* nothing to send */
    transmit(fake, 7, 30);
    uint8_t noise[] = {0, 3, 3, 3, 3, 0};
    fake->deadline = sn_node_on_console(fake->node, noise, sizeof noise);
    expect_taken(fake, 1);
    expect_taken(fake, 4);
    expect_taken(fake, 7);
    CHECK_UINT(fake_count(fake, "rx_bad_chunk"), 5);
    fake_free(fake);
}

static void what_comes_from_the_air_goes_to_the_host_with_address_strength_and_time(void) {
    fake_port *fake = gateway();
    fake->now_us = 0x123456789AULL;
    receive(fake, 0xAB, 250);
    uint8_t plain[512];
    sn_chunk record;
    CHECK(sn_chunk_unpack(&record, plain, fake_frame(fake, plain, sizeof plain)));
    CHECK_UINT(record.type, SN_CHUNK_RECEIVED);
    CHECK_UINT(record.offset, 1);
    CHECK_UINT(record.data.length, 15 + 250);
    static const uint8_t lead[] = {0x02, 0, 0, 0, 0, 0x4C, 0xD1, 0x9A, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0xAB};
    CHECK_BYTES(record.data.data, sizeof lead, lead, sizeof lead);
    CHECK_UINT(fake_count(fake, "rx_bytes"), 250);
    fake_free(fake);
}

static void the_gateway_is_never_more_than_16_frames_ahead_of_its_host(void) {
    fake_port *fake = gateway();
    uint8_t plain[512];
    sn_chunk record;
    for (uint32_t i = 0; i < 20; i++) {
        receive(fake, 1, 20);
    }
    for (uint32_t number = 1; number <= 16; number++) {
        CHECK(sn_chunk_unpack(&record, plain, fake_frame(fake, plain, sizeof plain)));
        CHECK_UINT(record.offset, number);
    }
    CHECK_UINT(fake_count(fake, "gw_dropped"), 4);
    put_record(fake, SN_CHUNK_DEALT_WITH, 3, NULL, 0);
    put_record(fake, SN_CHUNK_DEALT_WITH, 2, NULL, 0);  /* late */
    put_record(fake, SN_CHUNK_DEALT_WITH, 17, NULL, 0); /* not yet there */
    for (uint32_t i = 0; i < 4; i++) {
        receive(fake, 1, 20);
    }
    for (uint32_t number = 17; number <= 19; number++) {
        CHECK(sn_chunk_unpack(&record, plain, fake_frame(fake, plain, sizeof plain)));
        CHECK_UINT(record.offset, number);
    }
    CHECK_UINT(fake_count(fake, "gw_dropped"), 5);
    fake_free(fake);
}

static void after_5_s_without_a_word_of_the_host_the_frames_on_their_way_count_as_lost(void) {
    fake_port *fake = gateway();
    uint8_t plain[512];
    sn_chunk record;
    for (uint32_t number = 1; number <= 17; number++) {
        fake_pass(fake, 1000);
        receive(fake, 1, 20);
    }
    fake_pass(fake, 4998999); /* the last one was delivered 4.999999 s ago */
    receive(fake, 1, 20);
    CHECK(fake->deadline == SN_NO_DEADLINE); /* the next frame is soon enough */
    fake_pass(fake, 1);
    receive(fake, 1, 20);
    for (uint32_t number = 1; number <= 17; number++) {
        CHECK(sn_chunk_unpack(&record, plain, fake_frame(fake, plain, sizeof plain)));
        CHECK_UINT(record.offset, number);
    }
    CHECK_UINT(fake_count(fake, "gw_dropped"), 2);
    put_record(fake, SN_CHUNK_DEALT_WITH, 9, NULL, 0); /* it was only slow */
    put_record(fake, SN_CHUNK_DEALT_WITH, 9, NULL, 0);
    for (uint32_t i = 0; i < 16; i++) {
        receive(fake, 1, 20);
    }
    for (uint32_t number = 18; number <= 32; number++) {
        CHECK(sn_chunk_unpack(&record, plain, fake_frame(fake, plain, sizeof plain)));
        CHECK_UINT(record.offset, number);
    }
    CHECK_UINT(fake_count(fake, "gw_dropped"), 3);
    fake_free(fake);
}

static void becoming_a_gateway_again_starts_all_counts_at_0(void) {
    fake_port *fake = gateway();
    transmit(fake, 5, 20);
    expect_taken(fake, 5);
    fake->link_room = 0;
    transmit(fake, 6, 20);
    CHECK_TEXT(fake_ask(fake, "role set=gateway"), "ok role=gateway");
    CHECK_UINT(fake->link_closes, 1);
    CHECK_UINT(fake->link_port, 1);
    fake->link_room = 1000;
    transmit(fake, 1, 20); /* the radio is not up yet */
    CHECK(fake_line(fake) == NULL);
    fake_link(fake, SN_OK, NULL);
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=up");
    expect_taken(fake, 1);
    fake_free(fake);
}

static void role_model_ends_it(void) {
    fake_port *fake = gateway();
    CHECK(strstr(fake_ask(fake, "info"), " role=gateway slot=empty ") != NULL);
    CHECK_TEXT(fake_ask(fake, "link via=espnow state=up"),
               "err code=not_supported_in_role msg=\"a gateway carries frames for its host only: end that by role "
               "set=model\"");
    CHECK_TEXT(fake_ask(fake, "role set=model"), "ok role=none");
    CHECK_UINT(fake->link_closes, 1);
    transmit(fake, 1, 20);
    receive(fake, 1, 20);
    CHECK(fake_line(fake) == NULL);
    CHECK_UINT(fake->sent_length, 0);
    CHECK_TEXT(fake_ask(fake, "role"), "ok role=none");
    CHECK_TEXT(fake_ask(fake, "role set=model"), "ok role=none");
    fake_free(fake);
}

static void a_radio_that_cannot_be_started_or_stops_is_reported(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "role set=gateway"),
               "err code=busy msg=\"a link or an inference is under way: end it by link state=down\"");
    fake_free(fake);
    fake = fake_in_role(SN_ROLE_HEAD);
    fake->link_fails = SN_ERR_RADIO;
    CHECK_TEXT(fake_ask(fake, "role set=gateway"), "err code=radio msg=\"the radio for ESP-NOW could not be started\"");
    CHECK_TEXT(fake_ask(fake, "role"), "ok role=head");
    CHECK_TEXT(fake_ask(fake, "role set=gateway channel=0"),
               "err code=bad_argument msg=\"channel is that of the radio, 1 to 13\"");
    fake_free(fake);
    fake = gateway();
    fake_link(fake, SN_ERR_RADIO, "esp_now_init failed: 12396");
    CHECK_TEXT(fake_line(fake), "! link via=espnow state=down code=radio msg=\"esp_now_init failed: 12396\"");
    CHECK_TEXT(fake_ask(fake, "role"), "ok role=none");
    CHECK_UINT(fake->link_closes, 1);
    fake_free(fake);
}

static const test_case node_gateway_cases[] = {
    TEST(what_the_host_sends_goes_into_the_air_in_order_and_is_confirmed),
    TEST(frames_wait_while_the_driver_is_full),
    TEST(a_host_that_has_no_credit_left_loses_its_record),
    TEST(missing_and_repeated_numbers_do_no_harm),
    TEST(what_comes_from_the_air_goes_to_the_host_with_address_strength_and_time),
    TEST(the_gateway_is_never_more_than_16_frames_ahead_of_its_host),
    TEST(after_5_s_without_a_word_of_the_host_the_frames_on_their_way_count_as_lost),
    TEST(becoming_a_gateway_again_starts_all_counts_at_0),
    TEST(role_model_ends_it),
    TEST(a_radio_that_cannot_be_started_or_stops_is_reported),
};
SUITE(node_gateway, node_gateway_cases);
