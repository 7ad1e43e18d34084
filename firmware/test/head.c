/* SPDX-License-Identifier: MIT */
#include "head.h"

#include <string.h>

#include "base/crc.h"

fake_port *head_ready(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    fake_store_image(fake);
    return fake;
}

uint32_t head_make_result(uint8_t to[256], bool with_output) {
    uint8_t scores[FAKE_CLASSES] = {0, 50, 0, 200};
    memset(to, 0, 72);
    to[0] = 2;
    to[1] = SN_UINT8;
    sn_put_u16(&to[2], FAKE_CLASSES);
    sn_put_u16(&to[4], 3);
    sn_put_u32(&to[8], 200);
    sn_put_u16(&to[12], 1);
    sn_put_u32(&to[16], 50);
    sn_put_u32(&to[44], 0xAABBCCDD);
    sn_put_u32(&to[48], 900);
    sn_put_u32(&to[52], 800);
    sn_put_u32(&to[64], FAKE_CLASSES);
    sn_put_u32(&to[68], sn_crc32(0, scores, sizeof scores));
    memcpy(&to[72], scores, sizeof scores);
    return with_output ? 72 + sizeof scores : 72;
}

void head_answer(fake_port *fake, uint32_t id) {
    uint8_t result[256];
    fake_peer_sends(fake, SN_FRAME_RESULT, SN_FLAG_ANSWER, id, FAKE_MODEL_ID, result, head_make_result(result, false));
}
