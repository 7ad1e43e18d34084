/* SPDX-License-Identifier: MIT */
/* Integer arithmetic that Debian's libgcc for the lx106 lacks: the ESP8266 has it in ROM. */
#include <stdint.h>

uint32_t __udivsi3(uint32_t n, uint32_t d);
uint32_t __umodsi3(uint32_t n, uint32_t d);
int32_t __divsi3(int32_t n, int32_t d);
int64_t __muldi3(int64_t a, int64_t b);
uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);

/* Bit by bit, from where the divisor's first one meets the dividend's. */
#define DIVIDE(name, type, leading_zeros)                                                                              \
    static type name(type n, type d, type *remainder) {                                                                \
        type quotient = 0;                                                                                             \
        if (n >= d) {                                                                                                  \
            int shift = leading_zeros(d) - leading_zeros(n);                                                           \
            for (d <<= shift; shift >= 0; shift--, d >>= 1) {                                                          \
                quotient <<= 1;                                                                                        \
                if (n >= d) {                                                                                          \
                    n -= d;                                                                                            \
                    quotient |= 1;                                                                                     \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        *remainder = n;                                                                                                \
        return quotient;                                                                                               \
    }

DIVIDE(divide32, uint32_t, __builtin_clz)
DIVIDE(divide64, uint64_t, __builtin_clzll)

uint32_t __udivsi3(uint32_t n, uint32_t d) {
    uint32_t remainder;
    return divide32(n, d, &remainder);
}

uint32_t __umodsi3(uint32_t n, uint32_t d) {
    uint32_t remainder;
    divide32(n, d, &remainder);
    return remainder;
}

int32_t __divsi3(int32_t n, int32_t d) {
    uint32_t remainder;
    uint32_t quotient = divide32(n < 0 ? -(uint32_t)n : (uint32_t)n, d < 0 ? -(uint32_t)d : (uint32_t)d, &remainder);
    return (int32_t)((n < 0) != (d < 0) ? -quotient : quotient);
}

/* The processor multiplies 32 bits to 32: the lower halves go in quarters, for all 64 bits of their product. */
int64_t __muldi3(int64_t a, int64_t b) {
    uint32_t al = (uint32_t)a;
    uint32_t bl = (uint32_t)b;
    uint32_t low = (al & 0xffff) * (bl & 0xffff);
    uint32_t cross = (al >> 16) * (bl & 0xffff) + (low >> 16);
    uint32_t other = (al & 0xffff) * (bl >> 16) + (cross & 0xffff);
    uint32_t high = (al >> 16) * (bl >> 16) + (cross >> 16) + (other >> 16);
    high += (uint32_t)((uint64_t)a >> 32) * bl + al * (uint32_t)((uint64_t)b >> 32);
    return (int64_t)((uint64_t)high << 32 | (other << 16) | (low & 0xffff));
}

uint64_t __udivdi3(uint64_t n, uint64_t d) {
    uint64_t remainder;
    return divide64(n, d, &remainder);
}

uint64_t __umoddi3(uint64_t n, uint64_t d) {
    uint64_t remainder;
    divide64(n, d, &remainder);
    return remainder;
}
