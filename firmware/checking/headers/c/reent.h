/* SPDX-License-Identifier: MIT */
#include <sys/reent.h>
