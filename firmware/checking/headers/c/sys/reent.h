/* SPDX-License-Identifier: MIT */
/* Newlib keeps its state here, one for each task; picolibc has none. As much of it as ESP-IDF 5 names. */
#ifndef SYS_REENT_H
#define SYS_REENT_H

#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define _flags flags /* of a FILE */

struct tms;

struct _glue {
    struct _glue *_next;
    int _niobs;
    FILE *_iobs;
};

struct _reent {
    int _errno;
    FILE *_stdin, *_stdout, *_stderr;
    int __sdidinit;
    void (*__cleanup)(struct _reent *);
    struct _glue __sglue;
    void *_emergency, *_mp, *_r48, *_localtime_buf, *_asctime_buf, *_signal_buf, *_misc, *_cvtbuf;
};

extern struct _reent *_impure_ptr;
extern struct _reent *_global_impure_ptr;
struct _reent *__getreent(void);
#define _REENT __getreent()
#define _GLOBAL_REENT _global_impure_ptr

void __sinit(struct _reent *);
int __swsetup_r(struct _reent *, FILE *);
void _reclaim_reent(struct _reent *);
int _raise_r(struct _reent *, int);
int _close_r(struct _reent *, int);
int _fclose_r(struct _reent *, FILE *);
int _fcntl_r(struct _reent *, int, int, int);
int _fstat_r(struct _reent *, int, struct stat *);
int _getpid_r(struct _reent *);
int _gettimeofday_r(struct _reent *, struct timeval *, void *);
int _isatty_r(struct _reent *, int);
int _kill_r(struct _reent *, int, int);
int _link_r(struct _reent *, const char *, const char *);
off_t _lseek_r(struct _reent *, int, off_t, int);
int _mkdir_r(struct _reent *, const char *, int);
int _open_r(struct _reent *, const char *, int, int);
ssize_t _read_r(struct _reent *, int, void *, size_t);
int _rename_r(struct _reent *, const char *, const char *);
void *_sbrk_r(struct _reent *, ptrdiff_t);
int _stat_r(struct _reent *, const char *, struct stat *);
int _system_r(struct _reent *, const char *);
clock_t _times_r(struct _reent *, struct tms *);
int _unlink_r(struct _reent *, const char *);
ssize_t _write_r(struct _reent *, int, const void *, size_t);
void *_malloc_r(struct _reent *, size_t);
void *_calloc_r(struct _reent *, size_t, size_t);
void *_realloc_r(struct _reent *, void *, size_t);
void _free_r(struct _reent *, void *);

#ifdef __cplusplus
}
#endif

#endif
