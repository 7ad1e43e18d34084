/* SPDX-License-Identifier: MIT */
/* In place of the host's: POSIX threads as ESP-IDF has them, none of them weak. */
#define _GLIBCXX_GTHREAD_USE_WEAK 0
#define _GTHREAD_USE_MUTEX_INIT_FUNC 1
#define _GTHREAD_USE_COND_INIT_FUNC 1
#define _GTHREAD_USE_RECURSIVE_MUTEX_INIT_FUNC 1
#include <bits/gthr-posix.h>
