/* SPDX-License-Identifier: MIT */
/* In place of the host's, which needs its pthread.h. */
#include <bits/gthr-single.h>
