/* SPDX-License-Identifier: MIT */
/* Newlib's leaves these to others, and ESP-IDF's wpa_supplicant defines them. */
#include_next <machine/endian.h>
#undef htobe16
#undef htobe32
#undef htobe64
#undef be16toh
#undef be32toh
#undef be64toh
#undef htole16
#undef htole32
#undef htole64
#undef le16toh
#undef le32toh
#undef le64toh
