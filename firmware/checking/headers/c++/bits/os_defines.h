/* SPDX-License-Identifier: MIT */
/* In place of the host's, which is about glibc. */
