/* SPDX-License-Identifier: MIT */
/* What an update has brought is tried and confirmed; and what the request refuses. */
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "updates.h"

static void a_request_that_makes_no_sense_is_refused_with_a_sentence(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    update_make_app();
    static const char *const refusals[][2] = {
        {"update", "err code=bad_argument msg=\"what is app or model\""},
        {"update what=nvs size=1", "err code=bad_argument msg=\"what is app or model\""},
        {"update what=app", "err code=bad_argument msg=\"size is the number of bytes that will come\""},
        {"update what=app size=0", "err code=bad_argument msg=\"size is the number of bytes that will come\""},
        {"update what=app size=10 sha256=12",
         "err code=bad_argument msg=\"sha256 is the content's, in 64 hexadecimal digits\""},
        {"update what=app size=10 sha256=000000000000000000000000000000000000000000000000000000000000000g",
         "err code=bad_argument msg=\"sha256 is the content's, in 64 hexadecimal digits\""},
        {"update what=app confirm=0", "err code=bad_argument msg=\"confirm is 1, and takes what and nothing else\""},
        {"update what=app confirm=1 size=10",
         "err code=bad_argument msg=\"confirm is 1, and takes what and nothing else\""},
        {"update what=app confirm=1", "err code=bad_argument msg=\"nothing of that kind runs on trial\""},
        {"update what=model confirm=1", "err code=bad_argument msg=\"nothing of that kind runs on trial\""},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        CHECK_TEXT(fake_ask(fake, refusals[i][0]), refusals[i][1]);
    }
    CHECK_TEXT(fake_ask(fake, update_announcement("model", SN_SLOT_HEADER)),
               "err code=bad_argument msg=\"a model comes behind its slot header of 4096 bytes\"");
    CHECK_UINT(fake->update_begins, 0);
    CHECK_UINT(fake->update_confirms, 0);
    fake_free(fake);
}

static fake_port *on_trial(bool app, bool model) {
    fake_port *fake = fake_new();
    fake_write_slot(fake, SN_ROLE_HEAD);
    fake->identity.app_on_trial = app;
    fake->identity.model_on_trial = model;
    fake_boot(fake);
    fake->console_length = 0;
    return fake;
}

/* Is this what `info` says to be on trial? */
static void check_trial(fake_port *fake, const char *trial) {
    char expected[32];
    snprintf(expected, sizeof expected, " trial=%s test=", trial);
    CHECK(strstr(fake_ask(fake, "info"), expected) != NULL);
}

static void what_runs_on_trial_is_confirmed_one_by_one(void) {
    fake_port *fake = on_trial(true, true);
    check_trial(fake, "both");
    CHECK_TEXT(fake_ask(fake, "update what=app confirm=1"), "ok what=app");
    CHECK_UINT(fake->update_what, SN_UPDATE_APP);
    check_trial(fake, "model");
    CHECK_TEXT(fake_ask(fake, "update what=app confirm=1"),
               "err code=bad_argument msg=\"nothing of that kind runs on trial\"");
    CHECK_TEXT(fake_ask(fake, "update what=model confirm=1"), "ok what=model");
    CHECK_UINT(fake->update_what, SN_UPDATE_MODEL);
    CHECK_UINT(fake->update_confirms, 2);
    check_trial(fake, "none");
    fake_free(fake);
}

static void a_confirmation_that_cannot_be_stored_changes_nothing(void) {
    fake_port *fake = on_trial(true, false);
    fake->update_confirm_fails = SN_ERR_STORAGE;
    CHECK_TEXT(fake_ask(fake, "update what=app confirm=1"),
               "err code=storage msg=\"what runs on trial could not be made permanent\"");
    check_trial(fake, "app");
    fake_free(fake);
}

static void a_model_that_could_not_be_opened_is_not_confirmed(void) {
    fake_port *fake = fake_new();
    fake_write_slot(fake, SN_ROLE_HEAD);
    fake->slot[SN_SLOT_HEADER] ^= 1;
    fake->identity.model_on_trial = true;
    fake_boot(fake);
    fake->console_length = 0;
    CHECK(strncmp(fake_ask(fake, "update what=model confirm=1"), "err code=slot_sha256 ", 21) == 0);
    CHECK_UINT(fake->update_confirms, 0);
    fake_free(fake);
}

static void a_model_that_is_still_being_opened_is_neither_confirmed_nor_replaced(void) {
    fake_port *fake = fake_new();
    fake_write_slot(fake, SN_ROLE_HEAD);
    fake->identity.model_on_trial = true;
    fake_start(fake);
    fake->console_length = 0;
    CHECK_TEXT(fake_ask(fake, "update what=model confirm=1"), "err code=busy msg=\"the model is still being opened\"");
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)),
               "err code=busy msg=\"the model is still being opened\"");
    CHECK_UINT(fake->update_begins, 0);
    fake_free(fake);
}

static void what_the_board_would_go_back_to_is_not_overwritten(void) {
    fake_port *fake = on_trial(true, false);
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)),
               "err code=busy msg=\"what runs on trial comes first: confirm it, or go back by reboot\"");
    update_make_model();
    CHECK_TEXT(fake_ask(fake, update_announcement("model", UPDATE_MODEL_SIZE)), UPDATE_READY);
    CHECK_TEXT(fake_ask(fake, "update what=app confirm=1"), "ok what=app");
    update_make_app();
    CHECK_TEXT(fake_ask(fake, update_announcement("app", 100)), UPDATE_READY);
    fake_free(fake);
}

static const test_case node_trial_cases[] = {
    TEST(a_request_that_makes_no_sense_is_refused_with_a_sentence),
    TEST(what_runs_on_trial_is_confirmed_one_by_one),
    TEST(a_confirmation_that_cannot_be_stored_changes_nothing),
    TEST(a_model_that_could_not_be_opened_is_not_confirmed),
    TEST(a_model_that_is_still_being_opened_is_neither_confirmed_nor_replaced),
    TEST(what_the_board_would_go_back_to_is_not_overwritten),
};
SUITE(node_trial, node_trial_cases);
