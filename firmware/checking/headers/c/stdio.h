/* SPDX-License-Identifier: MIT */
/* Newlib's brings ssize_t along. */
#include <sys/types.h>
#include_next <stdio.h>
