/* SPDX-License-Identifier: MIT */
/* Picolibc's is an error. */
#ifndef SYS_DIRENT_H
#define SYS_DIRENT_H

#include <stdint.h>
#include <sys/types.h>

#define DT_UNKNOWN 0
#define DT_REG 1
#define DT_DIR 2

typedef struct {
    uint16_t dd_vfs_idx, dd_rsv; /* ESP-IDF's VFS */
} DIR;

struct dirent {
    ino_t d_ino;
    unsigned char d_type;
    char d_name[256];
};

#endif
