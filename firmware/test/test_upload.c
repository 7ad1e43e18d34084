/* SPDX-License-Identifier: MIT */
/* An image on its way into memory. */
#include <string.h>

#include "base/crc.h"
#include "console/upload.h"
#include "test.h"

static uint8_t bytes[8192];

static uint8_t stored[3000];

static sn_upload begun(uint32_t crc) {
    for (size_t i = 0; i < sizeof stored; i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    memset(stored, 0, sizeof stored);
    sn_upload made;
    sn_upload_begin(&made, stored, sizeof stored, crc);
    return made;
}

static bool push_chunk(sn_upload *to, uint8_t type, uint32_t offset, uint32_t length) {
    sn_chunk piece = {.type = type, .offset = offset, .data = {&bytes[offset], length}};
    return sn_upload_push(to, &piece);
}

static void chunks_in_order_make_up_the_image(void) {
    sn_upload up = begun(0);
    up.crc = sn_crc32(0, bytes, sizeof stored);
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 0, 1024));
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 1024, 1024));
    CHECK_UINT(up.next, 2048);
    CHECK_UINT(up.state, SN_UPLOAD_RUNNING);
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 2048, 952));
    CHECK_UINT(up.state, SN_UPLOAD_STORED);
    CHECK_BYTES(stored, sizeof stored, bytes, sizeof stored);
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 2048, 952));
    CHECK_UINT(up.state, SN_UPLOAD_STORED);
}

static void any_other_chunk_is_dropped(void) {
    sn_upload up = begun(0);
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 0, 1000));
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 0, 1000));
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 1001, 10));
    CHECK(!push_chunk(&up, SN_CHUNK_READ, 1000, 10));
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 1000, 2001));
    CHECK_UINT(up.next, 1000);
}

static void an_image_with_a_wrong_crc_is_not_stored(void) {
    sn_upload up = begun(0x12345678);
    CHECK(push_chunk(&up, SN_CHUNK_IMAGE, 0, 3000));
    CHECK_UINT(up.state, SN_UPLOAD_CORRUPT);
}

static void chunks_without_an_announcement_are_dropped(void) {
    sn_upload up = {0};
    CHECK(!push_chunk(&up, SN_CHUNK_IMAGE, 0, 10));
}

static const test_case upload_cases[] = {
    TEST(chunks_in_order_make_up_the_image),
    TEST(any_other_chunk_is_dropped),
    TEST(an_image_with_a_wrong_crc_is_not_stored),
    TEST(chunks_without_an_announcement_are_dropped),
};
SUITE(upload, upload_cases);
