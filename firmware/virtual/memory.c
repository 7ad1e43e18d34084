/* SPDX-License-Identifier: MIT */
/*
 * The part of <string.h> that the core uses: wasm32-freestanding has no C library. The compiler may turn a loop into a
 * call of the very function that holds it, which no_builtin forbids.
 */
#include <string.h>

#define NO_BUILTIN __attribute__((no_builtin))

NO_BUILTIN void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    __asm__ volatile("local.get %0\nlocal.get %1\nlocal.get %2\nmemory.copy 0, 0"
                     :
                     : "r"(to), "r"(from), "r"(n)
                     : "memory");
    return to;
}

NO_BUILTIN void *memmove(void *to, const void *from, size_t n) {
    __asm__ volatile("local.get %0\nlocal.get %1\nlocal.get %2\nmemory.copy 0, 0"
                     :
                     : "r"(to), "r"(from), "r"(n)
                     : "memory");
    return to;
}

NO_BUILTIN void *memset(void *to, int value, size_t n) {
    __asm__ volatile("local.get %0\nlocal.get %1\nlocal.get %2\nmemory.fill 0"
                     :
                     : "r"(to), "r"(value), "r"(n)
                     : "memory");
    return to;
}

NO_BUILTIN int memcmp(const void *left, const void *right, size_t n) {
    const unsigned char *a = left;
    const unsigned char *b = right;
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

NO_BUILTIN size_t strlen(const char *text) {
    size_t n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return n;
}
