/* SPDX-License-Identifier: MIT */
/* Round trips that the host asks a node for. */
#include <string.h>

#include "head.h"
#include "test.h"

static sn_header header;
static sn_body body;

static void a_round_trip_is_timed(void) {
    fake_port *fake = head_ready();
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=1000"), "ok id=2");
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_ECHO);
    CHECK_UINT(body.model_id, 0);
    CHECK_UINT(body.payload.length, 1000);
    uint8_t copy[1000];
    memcpy(copy, body.payload.data, sizeof copy);
    fake->now_us += 1234;
    fake_peer_sends(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 2, 0, copy, sizeof copy);
    CHECK_TEXT(fake_line(fake), "! rtt id=2 state=ok us=1234 frames=1 resent=0 wire=1032");
    (void)fake_ask(fake, "rtt via=tcp size=1000");
    copy[999] ^= 1;
    fake_peer_sends(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 3, 0, copy, sizeof copy);
    CHECK_TEXT(fake_line(fake), "! rtt id=3 state=err code=protocol msg=\"the reply is not what was sent\"");
    fake_free(fake);
}

static void a_reply_that_comes_before_the_echo_is_out_is_dropped(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    fake->link_room = 100;
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=1000"), "ok id=2");
    fake_peer_sends(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 2, 0, fake->image_memory, 1000);
    CHECK(fake_line(fake) == NULL);
    fake_take(fake, UINT32_MAX);
    fake_peer_sends(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 2, 0, fake->image_memory, 1000);
    CHECK_TEXT(fake_line(fake), "! rtt id=2 state=ok us=0 frames=1 resent=0 wire=1032");
    fake_free(fake);
}

static void a_round_trip_and_an_upload_exclude_each_other(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=1"), "ok id=2");
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"),
               "err code=busy msg=\"a round trip is under way and uses the image's memory\"");
    CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "err code=busy msg=\"the link is being opened or is in use\"");
    fake_peer_sends(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, 2, 0, fake->image_memory, 1);
    CHECK(fake_line(fake) != NULL);
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "ok chunk=1024 window=16");
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=1"), "err code=busy msg=\"an image is on its way to the board\"");
    fake_free(fake);
}

static void an_upload_waits_for_a_refused_round_trip_that_is_still_on_its_way_out(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    fake->link_room = 500;
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=1000"), "ok id=2");
    fake_peer_sends(fake, SN_FRAME_ERROR, SN_FLAG_ANSWER, 2, 0, "\x05\0\x04\0busy", 8);
    CHECK_TEXT(fake_line(fake), "! rtt id=2 state=err code=busy msg=busy");
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"),
               "err code=busy msg=\"a round trip is under way and uses the image's memory\"");
    fake_take(fake, 1000);
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "ok chunk=1024 window=16");
    fake_free(fake);
}

static void a_round_trip_without_reply_ends(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=0"), "ok id=2");
    fake_pass(fake, 10000000);
    CHECK_TEXT(fake_line(fake), "! rtt id=2 state=err code=edge_timeout msg=\"no reply within 10 s\"");
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=0"), "ok id=3");
    fake_link(fake, SN_ERR_EDGE_LOST, "gone");
    CHECK_TEXT(fake_line(fake), "! rtt id=3 state=err code=edge_lost msg=gone");
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=down code=edge_lost msg=gone");
    fake_free(fake);
    fake = fake_linked(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "rtt via=tcp size=3001"),
               "err code=bad_argument msg=\"size is the number of bytes to send, 0 to 3000\"");
    fake_free(fake);
}

static const test_case node_echo_cases[] = {
    TEST(a_round_trip_is_timed),
    TEST(a_reply_that_comes_before_the_echo_is_out_is_dropped),
    TEST(a_round_trip_and_an_upload_exclude_each_other),
    TEST(an_upload_waits_for_a_refused_round_trip_that_is_still_on_its_way_out),
    TEST(a_round_trip_without_reply_ends),
};
SUITE(node_echo, node_echo_cases);
