/* SPDX-License-Identifier: MIT */
#include "packets.h"

#include <string.h>

#include "test.h"

static uint32_t session_of(const fake_port *fake) {
    return fake->slot[6] == SN_ROLE_HEAD ? FAKE_SESSION : FAKE_PEER_SESSION;
}

fake_port *packets_open(sn_role role, sn_via via) {
    static const char *const requests[] = {NULL, NULL, "link via=udp state=up", "link via=espnow state=up",
                                           "link via=ble state=up"};
    fake_port *fake = fake_in_role(role);
    fake->frame_limit = via == SN_VIA_UDP ? 1472 : PEER_LIMIT;
    fake->address = role == SN_ROLE_TAIL && via != SN_VIA_BLE ? PEER_ADDRESS : 0;
    CHECK(fake_ask(fake, "edge host=edge.local port=4000") != NULL);
    if (via == SN_VIA_ESPNOW) {
        CHECK(fake_ask(fake, "peer mac=02:00:00:4C:00:01 channel=11") != NULL);
    }
    CHECK_TEXT(fake_ask(fake, requests[via]), "ok");
    CHECK_UINT(fake->via, via);
    return fake;
}

fake_port *packets_linked(sn_role role, sn_via via) {
    fake_port *fake = packets_open(role, via);
    sn_header header;
    sn_bytes body;
    fake_link(fake, SN_OK, NULL);
    if (role == SN_ROLE_HEAD) {
        CHECK(packets_get(fake, &header, &body));
        packets_put_hello(fake, SN_FLAG_ANSWER, FAKE_SESSION, 1, PEER_LIMIT);
    } else {
        packets_put_hello(fake, 0, FAKE_PEER_SESSION, 1, PEER_LIMIT);
        CHECK(packets_get(fake, &header, &body));
    }
    CHECK(strstr(fake_line(fake), "state=up") != NULL);
    if (role == SN_ROLE_HEAD) {
        fake_store_image(fake);
    }
    return fake;
}

bool packets_get(fake_port *fake, sn_header *header, sn_bytes *body) {
    fake_frame_lead lead;
    if (fake->sent_read == fake->sent_length) {
        return false;
    }
    memcpy(&lead, &fake->sent[fake->sent_read], sizeof lead);
    CHECK_UINT(lead.to, fake->address);
    const uint8_t *frame = &fake->sent[fake->sent_read + sizeof lead];
    fake->sent_read += sizeof lead + lead.length;
    CHECK(sn_header_unpack(header, frame, lead.length));
    *body = (sn_bytes){&frame[SN_HEADER_SIZE], (uint32_t)(lead.length - SN_HEADER_SIZE)};
    return true;
}

sn_bytes packets_get_single(fake_port *fake, sn_frame_type type, uint8_t flags, uint32_t id) {
    sn_header header;
    sn_bytes bytes;
    sn_body body;
    CHECK(packets_get(fake, &header, &bytes));
    CHECK_UINT(header.type, type);
    CHECK_UINT(header.flags, flags);
    CHECK_UINT(header.session, session_of(fake));
    CHECK_UINT(header.message, id);
    CHECK_UINT(header.count, 1);
    CHECK(sn_body_open(&body, bytes.data, bytes.length));
    return body.payload;
}

void packets_expect_ack(fake_port *fake, uint8_t flags, uint32_t id, uint32_t base, uint64_t window) {
    sn_ack ack;
    CHECK(sn_ack_unpack(&ack, packets_get_single(fake, SN_FRAME_ACK, flags, id)));
    CHECK_UINT(ack.base, base);
    CHECK_UINT(ack.window, window);
}

void packets_expect_error(fake_port *fake, uint32_t id, sn_error code) {
    sn_header header;
    sn_bytes bytes;
    sn_body body;
    CHECK(packets_get(fake, &header, &bytes));
    CHECK_UINT(header.type, SN_FRAME_ERROR);
    CHECK_UINT(header.flags, SN_FLAG_ANSWER);
    CHECK_UINT(header.message, id);
    CHECK(bytes.length + SN_HEADER_SIZE <= 128);
    CHECK(sn_body_open(&body, bytes.data, bytes.length));
    CHECK_UINT(sn_get_u16(&body.payload.data[0]), code);
    CHECK_UINT(sn_get_u16(&body.payload.data[2]), body.payload.length - 4);
}

void packets_expect_nothing(fake_port *fake) {
    CHECK_UINT(fake->sent_length - fake->sent_read, 0);
}

static void put(fake_port *fake, const uint8_t *frame, uint32_t length) {
    sn_source from = {.address = fake->address, .rssi = -60};
    fake->deadline = sn_node_on_receive(fake->node, fake->via, &from, frame, length);
}

void packets_put(fake_port *fake, const sn_header *header, sn_bytes payload, uint16_t index) {
    uint8_t frame[PEER_LIMIT];
    sn_message message;
    sn_header bare = *header;
    bare.flags &= (uint8_t)~SN_FLAG_ACK_REQUESTED;
    bool is_echo = header->type == SN_FRAME_ECHO || header->type == SN_FRAME_ECHO_REPLY;
    bool has_model = header->type != SN_FRAME_ACK && !is_echo;
    sn_message_init(&message, &bare, has_model ? FAKE_MODEL_ID : 0, payload, (sn_bytes){0});
    uint32_t length = sn_message_fragment(&message, PEER_LIMIT - SN_HEADER_SIZE, index,
                                          (header->flags & SN_FLAG_ACK_REQUESTED) != 0, frame);
    put(fake, frame, length);
}

void packets_put_single(fake_port *fake, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes payload) {
    sn_header header = {.type = (uint8_t)type, .flags = flags, .session = session_of(fake), .message = id};
    packets_put(fake, &header, payload, 0);
}

void packets_put_ack(fake_port *fake, uint8_t flags, uint32_t id, uint32_t base, uint64_t window) {
    uint8_t payload[SN_ACK_SIZE];
    sn_ack_pack(&(sn_ack){.base = base, .window = window}, payload);
    packets_put_single(fake, SN_FRAME_ACK, flags, id, (sn_bytes){payload, sizeof payload});
}

void packets_put_hello(fake_port *fake, uint8_t flags, uint32_t session, uint32_t id, uint16_t limit) {
    bool is_answer = (flags & SN_FLAG_ANSWER) != 0;
    uint8_t payload[16] = {is_answer ? SN_ROLE_TAIL : SN_ROLE_HEAD, SN_INT8};
    sn_put_u16(&payload[2], limit);
    sn_put_u32(&payload[4], FAKE_CROSSING);
    sn_put_u32(&payload[8], FAKE_CLASSES);
    sn_header header = {.type = SN_FRAME_HELLO, .flags = flags, .session = session, .message = id};
    packets_put(fake, &header, (sn_bytes){payload, sizeof payload}, 0);
}
