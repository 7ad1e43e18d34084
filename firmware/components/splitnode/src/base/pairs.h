/* SPDX-License-Identifier: MIT */
/* The key=value words of a console line. */
#ifndef SPLITNODE_PAIRS_H
#define SPLITNODE_PAIRS_H

#include <stddef.h>

#include "splitnode/error.h"

#define SN_PAIRS 8u

typedef struct {
    const char *key;
    const char *value;
} sn_pair;

typedef struct {
    sn_pair at[SN_PAIRS];
    size_t count;
} sn_pairs;

/* Takes `line` apart in place: ends words by zeros and resolves escapes. On failure `why` is a sentence. */
sn_error sn_pairs_parse(sn_pairs *pairs, char *line, const char **why);

/* The value of a key, NULL if it is not there. */
const char *sn_pairs_get(const sn_pairs *pairs, const char *key);

#endif
