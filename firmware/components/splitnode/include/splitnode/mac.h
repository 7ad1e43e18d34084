/* SPDX-License-Identifier: MIT */
/* MAC addresses: as six bytes, as text, and as the big-endian number that sn_source holds. */
#ifndef SPLITNODE_MAC_H
#define SPLITNODE_MAC_H

#include <stdint.h>

#define SN_MAC_SIZE 6u

uint64_t sn_mac_get(const uint8_t from[SN_MAC_SIZE]);
void sn_mac_put(uint8_t to[SN_MAC_SIZE], uint64_t address);

/* Of text as the core hands it to link_open ("02:00:00:4c:00:01", in lower case); 0 of an empty one. */
uint64_t sn_mac_parse(const char *text);

#endif
