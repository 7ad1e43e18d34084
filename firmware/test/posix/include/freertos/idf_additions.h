/* SPDX-License-Identifier: MIT */
#ifndef FREERTOS_IDF_ADDITIONS_H
#define FREERTOS_IDF_ADDITIONS_H

#define xQueueCreateWithCaps(length, size, caps) NULL /* there is no PSRAM */

#endif
