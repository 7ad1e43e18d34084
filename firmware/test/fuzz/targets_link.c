/* SPDX-License-Identifier: MIT */
/* What comes over the links: streams and packets, in both roles; frames from the air for a gateway. */
#include <string.h>

#include "console/chunk.h"
#include "fuzz.h"
#include "test.h"

static void open_link(fake_port *fake, const char *request) {
    fake_type(fake, request);
    fuzz_look(fake);
    fake_link(fake, SN_OK, NULL);
    fuzz_look(fake);
}

/* Half of the time the HELLO exchange is done, so that what follows reaches what is behind it. */
static void greet(fake_port *fake, bool is_stream) {
    uint8_t bytes[128];
    bool is_head = fake->slot[6] == SN_ROLE_HEAD;
    size_t length = fuzz_hello(fake, is_stream, bytes);
    sn_source from = {.address = is_head || is_stream || fake->via == SN_VIA_BLE ? 0 : 1};
    fake->deadline = sn_node_on_receive(fake->node, fake->via, &from, bytes, length);
    fuzz_look(fake);
}

/* Frames behind their prefix, right or not, in pieces; any bytes; and what else may happen. */
static void stream(fuzz_input *input) {
    fake_port *fake = fuzz_board(input);
    open_link(fake, "link via=tcp state=up");
    if (fuzz_below(input, 2) != 0) {
        greet(fake, true);
    }
    while (input->left != 0) {
        uint32_t what = fuzz_below(input, 8);
        if (what < 4) {
            uint8_t frame[FUZZ_FRAME + 4];
            size_t length = fuzz_stream_frame(input, fake, &frame[4]) + 4;
            sn_put_u32(frame, what == 0 ? fuzz_u16(input) : (uint32_t)length - 4);
            size_t cut = fuzz_u16(input) % (length + 1);
            fake_receive(fake, frame, cut);
            fake_receive(fake, &frame[cut], length - cut);
            fuzz_look(fake);
        } else if (what == 4) {
            sn_bytes piece = fuzz_bytes(input, 300);
            fake_receive(fake, piece.data, piece.length);
            fuzz_look(fake);
        } else if (what == 5) {
            fuzz_request(fake, input);
        } else {
            fuzz_event(fake, input);
        }
    }
    fuzz_end(fake);
}

static void receive_packet(fake_port *fake, fuzz_input *input) {
    uint8_t frame[FUZZ_FRAME];
    sn_source from = {.address = fuzz_below(input, 3), .rssi = -50};
    size_t length = fuzz_frame(input, fake, frame);
    fake->deadline = sn_node_on_receive(fake->node, fake->via, &from, frame, length);
    fuzz_look(fake);
}

/* The same over UDP, ESP-NOW and BLE. */
static void packets(fuzz_input *input) {
    static const char *const opening[] = {"link via=udp state=up", "link via=espnow state=up", "link via=ble state=up"};
    static const uint32_t limits[] = {1472, 250, 244};
    fake_port *fake = fuzz_board(input);
    uint32_t via = fuzz_below(input, 3);
    fake->frame_limit = limits[via];
    open_link(fake, opening[via]);
    if (fuzz_below(input, 2) != 0) {
        greet(fake, false);
    }
    while (input->left != 0) {
        uint32_t what = fuzz_below(input, 8);
        if (what < 4) {
            receive_packet(fake, input);
        } else if (what == 4) {
            fuzz_message(input, fake, fuzz_below(input, 3));
        } else if (what == 5) {
            fuzz_request(fake, input);
        } else {
            fuzz_event(fake, input);
        }
    }
    fuzz_end(fake);
}

/* Records of the host and frames from the air. */
static void gateway(fuzz_input *input) {
    fake_port *fake = fuzz_board(input);
    open_link(fake, "role set=gateway channel=1");
    while (input->left != 0) {
        uint32_t what = fuzz_below(input, 8);
        if (what < 3) {
            fuzz_chunk(fake, input);
        } else if (what < 5) {
            sn_source from = {.address = fuzz_u32(input), .rssi = (int8_t)fuzz_byte(input)};
            sn_bytes frame = fuzz_bytes(input, 1100);
            fake->deadline = sn_node_on_receive(fake->node, fake->via, &from, frame.data, frame.length);
            fuzz_look(fake);
        } else if (what == 5) {
            fuzz_request(fake, input);
        } else {
            fuzz_event(fake, input);
        }
    }
    fuzz_end(fake);
}

const fuzz_target fuzz_stream = {"stream", stream};
const fuzz_target fuzz_packets = {"packets", packets};
const fuzz_target fuzz_gateway = {"gateway", gateway};
