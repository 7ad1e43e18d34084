/* SPDX-License-Identifier: MIT */
#include "base/pairs.h"

#include <stdbool.h>

#include "base/text.h"

static bool is_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Reads a quoted value whose opening quote is before `*at`; leaves `*at` behind the closing one. */
static bool unquote(char **at) {
    char *from = *at;
    char *to = *at;
    while (*from != '"') {
        if (*from == '\\') {
            from++;
            if (*from != '"' && *from != '\\') {
                return false;
            }
        }
        if (*from == '\0') {
            return false;
        }
        *to++ = *from++;
    }
    *to = '\0';
    *at = from + 1;
    return true;
}

static bool plain_value(char **at) {
    char *start = *at;
    while (**at != ' ' && **at != '\0') {
        if (**at == '"' || **at == '=') {
            return false;
        }
        (*at)++;
    }
    return *at != start;
}

sn_error sn_pairs_parse(sn_pairs *pairs, char *line, const char **why) {
    pairs->count = 0;
    char *at = line;
    for (;;) {
        while (*at == ' ') {
            at++;
        }
        if (*at == '\0') {
            return SN_OK;
        }
        char *key = at;
        while (is_key_character(*at)) {
            at++;
        }
        if (at == key || *at != '=') {
            *why = "an argument is not of the form key=value";
            return SN_ERR_SYNTAX;
        }
        *at++ = '\0';
        bool quoted = *at == '"';
        if (quoted) {
            at++;
        }
        char *value = at;
        if (!(quoted ? unquote(&at) : plain_value(&at)) || (*at != ' ' && *at != '\0')) {
            *why = "a value is broken: put it in double quotes, with \\\" and \\\\ as the escapes";
            return SN_ERR_SYNTAX;
        }
        if (*at == ' ') {
            *at++ = '\0';
        }
        if (pairs->count == SN_PAIRS || sn_pairs_get(pairs, key) != NULL) {
            *why = "an argument is given twice, or there are too many";
            return SN_ERR_BAD_ARGUMENT;
        }
        pairs->at[pairs->count++] = (sn_pair){key, value};
    }
}

const char *sn_pairs_get(const sn_pairs *pairs, const char *key) {
    for (size_t i = 0; i < pairs->count; i++) {
        if (sn_equal(pairs->at[i].key, key)) {
            return pairs->at[i].value;
        }
    }
    return NULL;
}
