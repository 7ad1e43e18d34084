/* SPDX-License-Identifier: MIT */
/* Newlib's brings locks along. */
#include_next <sys/types.h>
#include <sys/lock.h>
