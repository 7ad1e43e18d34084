/* SPDX-License-Identifier: MIT */
#include "backlog.h"

#include <string.h>

_Static_assert((BACKLOG_SIZE & (BACKLOG_SIZE - 1)) == 0, "the counts wrap at 2^32, which must be a multiple of it");

uint32_t hil_backlog_room(backlog *from) {
    return BACKLOG_SIZE - (from->put - from->taken);
}

void hil_backlog_put(backlog *to, const uint8_t *data, uint32_t length) {
    const uint32_t at = to->put % BACKLOG_SIZE;
    const uint32_t most = BACKLOG_SIZE - at;
    const uint32_t first = length < most ? length : most;
    memcpy(&to->bytes[at], data, first);
    memcpy(to->bytes, &data[first], length - first);
    to->put += length; /* only now is it there */
}

uint32_t hil_backlog_first(backlog *from, const uint8_t **start) {
    const uint32_t at = from->taken % BACKLOG_SIZE;
    const uint32_t most = BACKLOG_SIZE - at;
    const uint32_t count = from->put - from->taken;
    *start = &from->bytes[at];
    return count < most ? count : most;
}

void hil_backlog_take(backlog *from, uint32_t length) {
    from->taken += length;
}
