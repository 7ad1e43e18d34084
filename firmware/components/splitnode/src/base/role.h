/* SPDX-License-Identifier: MIT */
/* Which part of a model a board runs; the numbers are those of HELLO and of the model slot's header. */
#ifndef SPLITNODE_ROLE_H
#define SPLITNODE_ROLE_H

typedef enum {
    SN_ROLE_NONE = 0,
    SN_ROLE_HEAD = 1,
    SN_ROLE_TAIL = 2,
    SN_ROLE_FULL = 3,
} sn_role;

/* "head", "tail", "full" or "none". */
const char *sn_role_name(sn_role role);

#endif
