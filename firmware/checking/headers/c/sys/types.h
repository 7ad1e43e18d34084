/* SPDX-License-Identifier: MIT */
/* Newlib's brings locks along. */
#include_next <sys/types.h>
#ifdef __cplusplus
extern "C" {
#endif
#include <sys/lock.h>
#ifdef __cplusplus
}
#endif
