/* SPDX-License-Identifier: MIT */
/* The verb `key`, and an inference of a node that has been given one. */
#include <string.h>

#include "ether.h"
#include "head.h"
#include "test.h"

#define KEY "000102030405060708090a0b0c0d0e0f"

static void a_key_is_told_from_another_and_is_kept_and_forgotten(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK(strstr(fake_ask(fake, "info"), " key=none ") != NULL);
    CHECK_TEXT(fake_ask(fake, "key value=" KEY), "ok key=ec5ad48c");
    CHECK(strstr(fake_ask(fake, "info"), " key=ec5ad48c ") != NULL);
    CHECK_TEXT(fake_ask(fake, "key value=FEFEFEFEFEFEFEFEfefefefefefefefe"), "ok key=5e492202");
    CHECK_TEXT(fake_ask(fake, "key"), "ok key=none");
    CHECK_TEXT(fake_ask(fake, "key value=00000000000000000000000000000001"), "ok key=d804e3fe");
    fake_boot(fake);
    (void)fake_line(fake);
    (void)fake_line(fake);
    (void)fake_line(fake);
    fake->console_read = fake->console_length;
    CHECK(strstr(fake_ask(fake, "info"), " key=none ") != NULL);
    fake_free(fake);
}

static void what_is_no_key_is_refused_and_not_repeated(void) {
    static const char *const lines[] = {"key value=000102030405060708090a0b0c0d0e0",
                                        "key value=000102030405060708090a0b0c0d0e0f0",
                                        "key value=g00102030405060708090a0b0c0d0e0f",
                                        "key value=00000000000000000000000000000000",
                                        "key value=\"\"",
                                        "key value=\"000102030405060708090a0b0c0d0e0 \""};
    fake_port *fake = fake_in_role(SN_ROLE_TAIL);
    CHECK_TEXT(fake_ask(fake, "key value=" KEY), "ok key=ec5ad48c");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CHECK_TEXT(fake_ask(fake, lines[i]),
                   "err code=bad_argument msg=\"value is 32 hexadecimal digits, not all of them zeros\"");
    }
    const char *refusal = fake_ask(fake, "key values=" KEY);
    CHECK(strstr(refusal, "code=bad_argument") != NULL && strstr(refusal, "0001020304") == NULL);
    CHECK(strstr(fake_ask(fake, "info"), " key=ec5ad48c ") != NULL); /* the one before stays */
    fake_free(fake);
}

static void another_key_ends_an_inference_that_waits_for_its_answer(void) {
    fake_port *fake = head_ready();
    (void)fake_ask(fake, "infer via=tcp");
    fake_finish_invoke(fake);
    CHECK_TEXT(fake_ask(fake, "key value=" KEY), "ok key=ec5ad48c");
    CHECK_TEXT(fake_line(fake), "! infer id=2 state=err code=link_down msg=\"the link was closed, since the board has "
                                "been given another key\"");
    CHECK(fake_line(fake) == NULL);
    CHECK_UINT(fake->link_closes, 1);
    CHECK(strstr(fake_ask(fake, "infer via=tcp"), "code=link_down") != NULL);
    fake_free(fake);
}

static void a_key_is_given_while_nothing_is_open_and_no_link_is_closed(void) {
    fake_port *fake = fake_in_role(SN_ROLE_FULL);
    CHECK_TEXT(fake_ask(fake, "key value=" KEY), "ok key=ec5ad48c");
    CHECK_UINT(fake->link_closes, 0);
    fake_free(fake);
}

static void give_both(ether *air) {
    CHECK_TEXT(fake_ask(air->head, "key value=" KEY), "ok key=ec5ad48c");
    CHECK_TEXT(fake_ask(air->tail, "key value=" KEY), "ok key=ec5ad48c");
}

static void nothing_is_lost_wrong_or_done_twice_between_nodes_with_a_key(void) {
    for (uint32_t seed = 0; seed < 18; seed++) {
        sn_via via = (sn_via)(SN_VIA_UDP + seed % 3);
        ether *air = ether_apart(via, seed);
        give_both(air);
        ether_connect(air, via);
        if (via != SN_VIA_BLE) {
            air->loss = seed / 3 * 40;
            air->doubling = 50;
            air->reordering = 300;
        }
        for (uint32_t round = 0; round < 3; round++) {
            uint32_t done = air->tail->invoked;
            ether_expect_result(air, ether_infer(air, via, round % 2 == 1));
            CHECK_UINT(air->tail->invoked, done + 1);
        }
        if (via == SN_VIA_BLE) {
            uint32_t id = ether_infer(air, via, true);
            ether_pass(air, 25000);
            ether_cut(air);
            CHECK(strstr(ether_wait(air, 1000000), "opened again") != NULL);
            ether_expect_result(air, id);
            CHECK(strstr(fake_line(air->tail), "state=down") != NULL);
            CHECK(strstr(fake_line(air->tail), "state=up") != NULL);
            CHECK_UINT(fake_count(air->head, "rx_foreign") + fake_count(air->tail, "rx_foreign"), 0);
        }
        ether_free(air);
    }
}

static void damage_is_foreign_and_no_wrong_result_comes_of_it(void) {
    for (uint32_t seed = 0; seed < 10; seed++) {
        sn_via via = seed % 2 == 0 ? SN_VIA_UDP : SN_VIA_ESPNOW;
        ether *air = ether_apart(via, seed);
        give_both(air);
        ether_connect(air, via);
        air->damage = 100;
        air->loss = 50;
        for (uint32_t round = 0; round < 3; round++) {
            ether_expect_result(air, ether_infer(air, via, round % 2 == 1));
        }
        CHECK(fake_count(air->head, "rx_foreign") + fake_count(air->tail, "rx_foreign") != 0);
        CHECK_UINT(fake_count(air->head, "rx_bad_frame") + fake_count(air->tail, "rx_bad_frame"), 0);
        CHECK_UINT(fake_count(air->head, "rx_bad_crc") + fake_count(air->tail, "rx_bad_crc"), 0);
        ether_free(air);
    }
}

static const test_case node_key_cases[] = {
    TEST(a_key_is_told_from_another_and_is_kept_and_forgotten),
    TEST(what_is_no_key_is_refused_and_not_repeated),
    TEST(another_key_ends_an_inference_that_waits_for_its_answer),
    TEST(a_key_is_given_while_nothing_is_open_and_no_link_is_closed),
    TEST(nothing_is_lost_wrong_or_done_twice_between_nodes_with_a_key),
    TEST(damage_is_foreign_and_no_wrong_result_comes_of_it),
};
SUITE(node_key, node_key_cases);
