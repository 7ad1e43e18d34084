/* SPDX-License-Identifier: MIT */
/* The two checksums of the protocol. */
#ifndef SPLITNODE_CRC_H
#define SPLITNODE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF. For console lines. */
uint16_t sn_crc16(const void *data, size_t length);

/* CRC-32 of IEEE 802.3, as zlib's crc32(): start with 0, pass the result on to continue. */
uint32_t sn_crc32(uint32_t crc, const void *data, size_t length);

#endif
