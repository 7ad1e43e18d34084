/* SPDX-License-Identifier: MIT */
/* The verbs of test builds, and what a production build answers to them. */
#include <stdio.h>
#include <string.h>

#include "packets.h"
#include "test.h"

#ifndef SN_TEST_BUILD

static void a_production_build_refuses_every_verb_of_a_test_build_and_does_nothing(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_UDP);
    static const char *const requests[] = {"crash", "hang", "fail what=invoke after=0",
                                           "counter name=message value=65530", "fail"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        CHECK_TEXT(fake_ask(fake, requests[i]),
                   "err code=unsupported msg=\"only a test build has this verb: flash one\"");
    }
    CHECK_TEXT(fake_ask(fake, "infer via=udp"), "ok id=2");
    fake_finish_invoke(fake);
    CHECK(fake->sent_length != fake->sent_read);
    CHECK(strstr(fake_ask(fake, "stats"), "faults") == NULL);
    fake_free(fake);
}

static const test_case provoke_cases[] = {
    TEST(a_production_build_refuses_every_verb_of_a_test_build_and_does_nothing),
};

#else

static void a_test_build_crashes_and_hangs_once_the_answer_is_out(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "crash"), "ok");
    CHECK_UINT(fake->crashes, 1);
    CHECK_TEXT(fake_ask(fake, "hang"), "ok");
    CHECK_UINT(fake->hangs, 1);
    fake_free(fake);
}

static void what_cannot_be_provoked_is_refused_with_a_sentence(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    static const char *const refusals[][2] = {
        {"fail", "err code=bad_argument msg=\"what is invoke, alloc or storage\""},
        {"fail after=1", "err code=bad_argument msg=\"what is invoke, alloc or storage\""},
        {"fail what=wifi after=1", "err code=bad_argument msg=\"what is invoke, alloc or storage\""},
        {"fail what=invoke after=-1", "err code=bad_argument msg=\"after is how many go well first, 0 to 4294967295\""},
        {"fail what=invoke after=4294967296",
         "err code=bad_argument msg=\"after is how many go well first, 0 to 4294967295\""},
        {"fail what=invoke via=tcp", "err code=bad_argument msg=\"the verb has no argument of that name\""},
        {"counter", "err code=bad_argument msg=\"name is message\""},
        {"counter name=session value=1", "err code=bad_argument msg=\"name is message\""},
        {"counter name=message", "err code=bad_argument msg=\"value is the id of the next message, 0 to 4294967295\""},
        {"counter name=message value=4294967296",
         "err code=bad_argument msg=\"value is the id of the next message, 0 to 4294967295\""},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        CHECK_TEXT(fake_ask(fake, refusals[i][0]), refusals[i][1]);
    }
    CHECK_UINT(fake_count(fake, "faults_armed"), 0);
    fake_free(fake);
}

/* Asks for a round trip as message `id`, which the peer answers. */
static void trip(fake_port *fake, uint32_t id) {
    char expected[64];
    snprintf(expected, sizeof expected, "ok id=%u", id);
    CHECK_TEXT(fake_ask(fake, "rtt via=udp size=5"), expected);
    sn_bytes payload = packets_get_single(fake, SN_FRAME_ECHO, SN_FLAG_ACK_REQUESTED, id);
    uint8_t copy[5];
    memcpy(copy, payload.data, sizeof copy);
    packets_put_single(fake, SN_FRAME_ECHO_REPLY, SN_FLAG_ANSWER, id, (sn_bytes){copy, sizeof copy});
    snprintf(expected, sizeof expected, "! rtt id=%u state=ok ", id);
    CHECK(strncmp(fake_line(fake), expected, strlen(expected)) == 0);
}

static void the_next_message_has_the_id_that_was_asked_for(void) {
    fake_port *fake = packets_linked(SN_ROLE_HEAD, SN_VIA_UDP);
    CHECK_TEXT(fake_ask(fake, "counter name=message value=65535"), "ok name=message value=65535");
    trip(fake, 65535);
    trip(fake, 65536);
    CHECK_TEXT(fake_ask(fake, "counter value=4294967294 name=message"), "ok name=message value=4294967294");
    trip(fake, 4294967294);
    trip(fake, 4294967295);
    trip(fake, 0);
    trip(fake, 1);
    fake_free(fake);
}

static void a_tail_begins_no_messages(void) {
    fake_port *fake = fake_in_role(SN_ROLE_TAIL);
    CHECK_TEXT(fake_ask(fake, "counter name=message value=1"),
               "err code=not_supported_in_role msg=\"role tail begins no messages: ask the head\"");
    fake_free(fake);
}

static const test_case provoke_cases[] = {
    TEST(a_test_build_crashes_and_hangs_once_the_answer_is_out),
    TEST(what_cannot_be_provoked_is_refused_with_a_sentence),
    TEST(the_next_message_has_the_id_that_was_asked_for),
    TEST(a_tail_begins_no_messages),
};

#endif

SUITE(provoke, provoke_cases);
