/* SPDX-License-Identifier: MIT */
/* What picolibc and the tests need of a machine, by QEMU's simcalls: files, arguments, exit; and a heap. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* target/xtensa/xtensa-semi.c of QEMU */
enum { CALL_EXIT = 1, CALL_READ = 3, CALL_WRITE = 4, CALL_OPEN = 5, CALL_CLOSE = 6, CALL_LSEEK = 19 };
enum { CALL_ARGC = 1000, CALL_ARGV_SIZE = 1001, CALL_ARGV = 1002 };

#define EXCEPTION_STATUS 99

extern char __bss_start[], __bss_end[], __heap_start[], __heap_end[];

int main(int argc, char **argv);
_Noreturn void start(void);
_Noreturn void exception(unsigned cause, unsigned address, unsigned accessed);

static int simcall(int what, intptr_t a, intptr_t b, intptr_t c) {
    register int a2 __asm__("a2") = what;
    register intptr_t a3 __asm__("a3") = a;
    register intptr_t a4 __asm__("a4") = b;
    register intptr_t a5 __asm__("a5") = c;
    __asm__ volatile("simcall" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
    return a2;
}

int open(const char *path, int flags, ...) {
    (void)flags; /* only for reading */
    return simcall(CALL_OPEN, (intptr_t)path, 0, 0);
}

int close(int file) {
    return simcall(CALL_CLOSE, file, 0, 0);
}

ssize_t read(int file, void *to, size_t length) {
    return simcall(CALL_READ, file, (intptr_t)to, (intptr_t)length);
}

ssize_t write(int file, const void *from, size_t length) {
    return simcall(CALL_WRITE, file, (intptr_t)from, (intptr_t)length);
}

off_t lseek(int file, off_t offset, int whence) {
    return simcall(CALL_LSEEK, file, (intptr_t)offset, whence);
}

_Noreturn void _exit(int status) {
    fflush(stdout);
    for (;;) {
        simcall(CALL_EXIT, status, 0, 0);
    }
}

void *sbrk(ptrdiff_t size) {
    static char *end = __heap_start;
    if (size > __heap_end - end) {
        return (void *)-1;
    }
    char *block = end;
    end += size;
    return block;
}

static char line[256];
static size_t line_length;

static int flush_line(FILE *stream) {
    (void)stream;
    write(STDOUT_FILENO, line, line_length);
    line_length = 0;
    return 0;
}

static int put(char character, FILE *stream) {
    line[line_length++] = character;
    if (character == '\n' || line_length == sizeof line) {
        flush_line(stream);
    }
    return (unsigned char)character;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, flush_line, _FDEV_SETUP_WRITE);
FILE *const stdin = &console;
FILE *const stdout = &console;
FILE *const stderr = &console;

_Noreturn void exception(unsigned cause, unsigned address, unsigned accessed) {
    printf("exception: cause %u at 0x%08x, accessing 0x%08x\n", cause, address, accessed);
    _exit(EXCEPTION_STATUS);
}

_Noreturn void start(void) {
    static union {
        char *argv[1024];
        char characters[4096];
    } arguments;
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    if (simcall(CALL_ARGV_SIZE, 0, 0, 0) > (int)sizeof arguments) {
        printf("the arguments are too long\n");
        _exit(2);
    }
    simcall(CALL_ARGV, (intptr_t)&arguments, 0, 0); /* argv, and behind it what it points to */
    exit(main(simcall(CALL_ARGC, 0, 0, 0), arguments.argv));
}
