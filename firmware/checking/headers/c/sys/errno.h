/* SPDX-License-Identifier: MIT */
/* Newlib's brings its state along. */
#include_next <sys/errno.h>
#include <sys/reent.h>
