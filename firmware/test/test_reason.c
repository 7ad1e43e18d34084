/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/reason.h"
#include "base/role.h"
#include "test.h"

static void a_reason_has_a_code_and_always_a_sentence(void) {
    sn_reason reason;
    CHECK_UINT(sn_reason_set(&reason, SN_ERR_BUSY, "later"), SN_ERR_BUSY);
    CHECK_TEXT(reason.text, "later");
    sn_reason_set(&reason, SN_ERR_WIFI, "");
    CHECK_TEXT(reason.text, "the machine gives no reason");
    sn_reason_set(&reason, SN_ERR_WIFI, NULL);
    CHECK_UINT(reason.code, SN_ERR_WIFI);
    CHECK_TEXT(reason.text, "the machine gives no reason");
}

static void bytes_of_a_peer_become_a_string_of_bounded_length(void) {
    sn_reason reason;
    uint8_t bytes[2 * SN_SENTENCE];
    memset(bytes, 'x', sizeof bytes);
    bytes[1] = 0;
    sn_reason_set_bytes(&reason, SN_ERR_PROTOCOL, bytes, sizeof bytes);
    CHECK_UINT(strlen(reason.text), SN_SENTENCE - 1);
    CHECK(memcmp(reason.text, "x?x", 3) == 0);
    sn_reason_set_bytes(&reason, SN_ERR_PROTOCOL, bytes, 0);
    CHECK_TEXT(reason.text, "");
}

static void a_sentence_can_be_written_piece_by_piece(void) {
    sn_reason reason;
    sn_text text = sn_reason_begin(&reason, SN_ERR_IMAGE_SIZE);
    sn_text_add(&text, "it has ");
    sn_text_add_u64(&text, 12);
    CHECK_UINT(sn_reason_end(&reason, &text), SN_ERR_IMAGE_SIZE);
    CHECK_TEXT(reason.text, "it has 12");
}

static void every_role_has_a_name(void) {
    CHECK_TEXT(sn_role_name(SN_ROLE_NONE), "none");
    CHECK_TEXT(sn_role_name(SN_ROLE_HEAD), "head");
    CHECK_TEXT(sn_role_name(SN_ROLE_TAIL), "tail");
    CHECK_TEXT(sn_role_name(SN_ROLE_FULL), "full");
}

static const test_case reason_cases[] = {
    TEST(a_reason_has_a_code_and_always_a_sentence),
    TEST(bytes_of_a_peer_become_a_string_of_bounded_length),
    TEST(a_sentence_can_be_written_piece_by_piece),
    TEST(every_role_has_a_name),
};
SUITE(reason, reason_cases);
