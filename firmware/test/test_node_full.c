/* SPDX-License-Identifier: MIT */
/* A node in role full. */
#include <stdio.h>

#include "base/crc.h"
#include "fake_port.h"
#include "test.h"

static void role_full_reports_the_scores_itself_and_keeps_the_output(void) {
    fake_port *fake = fake_in_role(SN_ROLE_FULL);
    fake_store_image(fake);
    fake->us_per_look = 10;
    CHECK_TEXT(fake_ask(fake, "infer"), "ok id=1");
    fake->us_per_look = 0;
    fake->now_us += 5000;
    fake_finish_invoke(fake);
    char expected[256];
    uint32_t crc = sn_crc32(0, fake->image_memory, FAKE_CLASSES);
    snprintf(
        expected, sizeof expected,
        "! infer id=1 state=ok top5=18:126,17:119,16:112,15:105,14:98 load_us=10 invoke_us=5010 send_us=0 wait_us=0 "
        "total_us=5020 out_len=19 out_crc=%08x",
        crc);
    CHECK_TEXT(fake_line(fake), expected);
    snprintf(expected, sizeof expected, "ok size=19 crc=%08x", crc);
    CHECK_TEXT(fake_ask(fake, "read what=output"), expected);
    fake_pass(fake, 0);
    uint8_t plain[64];
    CHECK_UINT(fake_frame(fake, plain, sizeof plain), FAKE_CLASSES + 9);
    CHECK_BYTES(&plain[5], FAKE_CLASSES, fake->image_memory, FAKE_CLASSES);
    fake_free(fake);
}

static void role_full_has_no_link(void) {
    fake_port *fake = fake_in_role(SN_ROLE_FULL);
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"),
               "err code=not_supported_in_role msg=\"role full needs no link\"");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=bad_argument msg=\"role full sends nothing: leave via out\"");
    CHECK_TEXT(fake_ask(fake, "read what=activation"),
               "err code=not_supported_in_role msg=\"only role head has an activation to read\"");
    fake_link(fake, SN_OK, NULL);
    CHECK_UINT(fake->link_closes, 1);
    fake_free(fake);
}

static void role_full_reports_a_model_that_fails(void) {
    fake_port *fake = fake_in_role(SN_ROLE_FULL);
    fake_store_image(fake);
    CHECK_TEXT(fake_ask(fake, "infer"), "ok id=1");
    sn_node_on_invoked(fake->node, SN_ERR_INVOKE, NULL, NULL, 0);
    CHECK_TEXT(fake_line(fake), "! infer id=1 state=err code=invoke msg=\"the machine gives no reason\"");
    sn_node_on_invoked(fake->node, SN_OK, NULL, fake->model_output, FAKE_CLASSES); /* unasked */
    CHECK_TEXT(fake_ask(fake, "infer"), "ok id=2");
    fake_free(fake);
}

static const test_case node_full_cases[] = {
    TEST(role_full_reports_the_scores_itself_and_keeps_the_output),
    TEST(role_full_has_no_link),
    TEST(role_full_reports_a_model_that_fails),
};
SUITE(node_full, node_full_cases);
