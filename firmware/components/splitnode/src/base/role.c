/* SPDX-License-Identifier: MIT */
#include "base/role.h"

const char *sn_role_name(sn_role role) {
    static const char *const names[] = {"none", "head", "tail", "full"};
    return names[role];
}
