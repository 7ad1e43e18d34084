/* SPDX-License-Identifier: MIT */
#include "tail.h"

#include "base/crc.h"
#include "test.h"

uint8_t tail_activation[FAKE_CROSSING];

fake_port *tail_on(sn_via via) {
    for (uint32_t i = 0; i < sizeof tail_activation; i++) {
        tail_activation[i] = (uint8_t)(i * 3);
    }
    return packets_linked(SN_ROLE_TAIL, via);
}

void tail_put_data(fake_port *fake, uint32_t id, uint8_t flags, uint16_t index) {
    sn_header data = {.type = SN_FRAME_DATA, .flags = flags, .session = FAKE_PEER_SESSION, .message = id};
    packets_put(fake, &data, (sn_bytes){tail_activation, sizeof tail_activation}, index);
}

void tail_put_whole(fake_port *fake, uint32_t id) {
    bool is_ble = fake->via == SN_VIA_BLE;
    for (uint16_t i = 0; i < TAIL_FRAGMENTS; i++) {
        tail_put_data(fake, id, i == TAIL_FRAGMENTS - 1 && !is_ble ? SN_FLAG_ACK_REQUESTED : 0, i);
    }
}

void tail_expect_result(fake_port *fake, uint32_t id) {
    sn_bytes payload = packets_get_single(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, id);
    CHECK_UINT(payload.length, 72);
    CHECK_UINT(sn_get_u32(&payload.data[44]), sn_crc32(0, tail_activation, sizeof tail_activation));
}
