/* SPDX-License-Identifier: MIT */
/* Newlib's __assert() has its arguments in another order. */
#define __assert picolibc_assert
#include_next <assert.h>
#undef __assert
#ifdef __cplusplus
extern "C"
#endif
    void __assert(const char *file, int line, const char *expression) __attribute__((noreturn));
