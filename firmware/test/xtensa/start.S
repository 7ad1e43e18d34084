/* SPDX-License-Identifier: MIT */
/* From reset to C, and from an exception to C. */

    .section .reset, "ax"
    .global _start
_start:
    j 1f
    .literal_position
    .align 4
1:  movi a2, 0x20           /* PS: out of the exception that a reset is, interrupts on, user vector mode */
    wsr.ps a2
    rsync
    movi a1, __stack
    movi a0, start
    jx a0

    .section .vectors, "ax" /* VECBASE is 0x40000000 after reset; the offsets are the lx106's */
    .org 0x30               /* kernel exception */
    j 1f
    .org 0x50               /* user exception */
    j 1f
    .org 0x70               /* double exception */
    j 1f
    .literal_position
    .align 4
1:  rsr.exccause a2
    rsr.epc1 a3
    rsr.excvaddr a4
    movi a1, __stack
    movi a0, exception
    jx a0
