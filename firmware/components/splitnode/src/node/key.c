/* SPDX-License-Identifier: MIT */
#include "node/key.h"

#include <string.h>

#include "node/echo.h"
#include "node/infer.h"
#include "node/state.h"

#define DIGITS (2u * SN_KEY_SIZE)

/* False unless it is 32 digits, not all of them zero. */
static bool parse(const char *text, sn_key *key) {
    uint32_t all = 0;
    uint32_t odd = 0; /* bits that no digit has */
    if (strlen(text) != DIGITS) {
        return false;
    }
    for (size_t i = 0; i < SN_KEY_SIZE; i++) {
        uint32_t high = sn_hex_digit(text[2 * i]);
        uint32_t low = sn_hex_digit(text[2 * i + 1]);
        odd |= (high | low) & SN_NO_HEX_DIGIT;
        key->bytes[i] = (uint8_t)(high << 4 | low);
        all |= key->bytes[i];
    }
    return odd == 0 && all != 0;
}

void sn_node_add_key(const sn_node *node, sn_text *answer) {
    if (sn_link_is_keyed(&node->link)) {
        sn_text_pair_hex(answer, "key", sn_key_id(node->port, &node->link.auth.key));
    } else {
        sn_text_pair(answer, "key", "none");
    }
}

/* Whoever waited for an answer gets none any more. */
static void tell_lost(sn_node *node) {
    static const char text[] = "the link was closed, since the board has been given another key";
    sn_node_infer_link_lost(node, SN_ERR_LINK_DOWN, text);
    sn_node_echo_link_lost(node, SN_ERR_LINK_DOWN, text);
}

sn_error sn_node_request_key(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *value = sn_pairs_get(&request->arguments, "value");
    sn_key key;
    if (value != NULL && !parse(value, &key)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "value is 32 hexadecimal digits, not all of them zeros");
    }
    sn_link_set_key(&node->link, value != NULL ? &key : NULL);
    sn_node_add_key(node, answer);
    node->after_answer = tell_lost;
    return SN_OK;
}
