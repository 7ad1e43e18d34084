/* SPDX-License-Identifier: MIT */
#include "base/reason.h"

#include <string.h>

sn_text sn_reason_begin(sn_reason *reason, sn_error code) {
    reason->code = code;
    sn_text text;
    sn_text_init(&text, reason->text, sizeof reason->text);
    return text;
}

sn_error sn_reason_end(sn_reason *reason, sn_text *text) {
    (void)sn_text_string(text);
    return reason->code;
}

sn_error sn_reason_set(sn_reason *reason, sn_error code, const char *text) {
    if (text == NULL || *text == '\0') {
        text = "the machine gives no reason";
    }
    return sn_reason_set_bytes(reason, code, (const uint8_t *)text, strlen(text));
}

sn_error sn_reason_set_bytes(sn_reason *reason, sn_error code, const uint8_t *text, size_t length) {
    reason->code = code;
    size_t kept = length < SN_SENTENCE ? length : SN_SENTENCE - 1;
    for (size_t i = 0; i < kept; i++) {
        reason->text[i] = text[i] != 0 ? (char)text[i] : '?';
    }
    reason->text[kept] = '\0';
    return code;
}
