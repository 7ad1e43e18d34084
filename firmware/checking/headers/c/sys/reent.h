/* SPDX-License-Identifier: MIT */
/* ESP-IDF 5's FreeRTOS puts one into each task; picolibc has none. */
#ifndef SYS_REENT_H
#define SYS_REENT_H

struct _reent {
    int _errno;
};

#endif
