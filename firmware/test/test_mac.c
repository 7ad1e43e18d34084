/* SPDX-License-Identifier: MIT */
/* MAC addresses. */
#include <string.h>

#include "splitnode/mac.h"
#include "test.h"

static const uint8_t bytes[SN_MAC_SIZE] = {0x02, 0x00, 0xfa, 0x4c, 0x90, 0x01};

static void bytes_and_number_are_the_same_address(void) {
    uint8_t back[SN_MAC_SIZE];
    CHECK_UINT(sn_mac_get(bytes), 0x0200fa4c9001u);
    sn_mac_put(back, sn_mac_get(bytes));
    CHECK(memcmp(back, bytes, sizeof back) == 0);
}

static void text_is_read_as_the_core_writes_it(void) {
    CHECK_UINT(sn_mac_parse("02:00:fa:4c:90:01"), sn_mac_get(bytes));
    CHECK_UINT(sn_mac_parse(""), 0);
}

static const test_case mac_cases[] = {TEST(bytes_and_number_are_the_same_address),
                                      TEST(text_is_read_as_the_core_writes_it)};
SUITE(mac, mac_cases);
