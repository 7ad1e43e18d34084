/* SPDX-License-Identifier: MIT */
/* As much of a C library as the tests use; the rest is the host's (tests/firmware/wasm_tests.py). */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define IMPORT(name) __attribute__((import_module("host"), import_name(#name)))
#define PAGE 65536u

IMPORT(print) void host_print(const char *text, size_t length);
IMPORT(exit) _Noreturn void host_exit(int status);
IMPORT(read) int32_t host_read(const char *name, size_t name_length, char *to, size_t capacity);
IMPORT(suite) size_t host_suite(char *to, size_t capacity);

extern uint8_t __heap_base;
static uintptr_t heap_end;
static size_t blocks;

/* A heap that starts over when everything has been given back, as each test does. */
void *malloc(size_t size) {
    if (blocks++ == 0) {
        heap_end = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
    }
    uintptr_t block = heap_end;
    heap_end += (size + 15) & ~(size_t)15;
    while (heap_end > __builtin_wasm_memory_size(0) * PAGE) {
        if (__builtin_wasm_memory_grow(0, 1) == SIZE_MAX) {
            return NULL;
        }
    }
    return (void *)block;
}

void *calloc(size_t count, size_t size) {
    void *memory = malloc(count * size);
    return memory != NULL ? memset(memory, 0, count * size) : NULL;
}

void free(void *memory) {
    blocks -= memory != NULL;
}

_Noreturn void exit(int status) {
    host_exit(status);
}

size_t test_read(const char *name, char *to, size_t capacity) {
    int32_t length = host_read(name, strlen(name), to, capacity);
    CHECK(length >= 0);
    return (size_t)length;
}

void *memchr(const void *bytes, int value, size_t n) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < n; i++) {
        if (at[i] == (uint8_t)value) {
            return (void *)(uintptr_t)&at[i];
        }
    }
    return NULL;
}

char *strchr(const char *text, int c) {
    return memchr(text, c, strlen(text) + 1);
}

char *strrchr(const char *text, int c) {
    char *last = NULL;
    for (char *at = strchr(text, c); at != NULL; at = c != 0 ? strchr(at + 1, c) : NULL) {
        last = at;
    }
    return last;
}

char *strstr(const char *text, const char *part) {
    for (const char *at = text; *at != '\0'; at++) {
        if (strncmp(at, part, strlen(part)) == 0) {
            return (char *)(uintptr_t)at;
        }
    }
    return NULL;
}

int strcmp(const char *left, const char *right) {
    return strncmp(left, right, SIZE_MAX);
}

int strncmp(const char *left, const char *right, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (left[i] != right[i] || left[i] == '\0') {
            return (uint8_t)left[i] - (uint8_t)right[i];
        }
    }
    return 0;
}

unsigned long strtoul(const char *text, char **end, int base) {
    static const char digits[] = "0123456789abcdef";
    unsigned long value = 0;
    for (;; text++) {
        const char *digit = *text != '\0' ? strchr(digits, *text) : NULL;
        if (digit == NULL || digit - digits >= base) {
            break;
        }
        value = value * (unsigned long)base + (unsigned long)(digit - digits);
    }
    if (end != NULL) {
        *end = (char *)(uintptr_t)text;
    }
    return value;
}

typedef struct {
    char *to;
    size_t capacity;
    size_t length;
} sink;

static void put(sink *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (out->length + 1 < out->capacity) {
            out->to[out->length] = text[i];
        }
        out->length++;
    }
}

static void put_number(sink *out, unsigned long long value, unsigned base, size_t width) {
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || sizeof text - at < width);
    put(out, &text[at], sizeof text - at);
}

static void format_into(sink *out, const char *format, va_list arguments) {
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(out, format, 1);
            continue;
        }
        size_t width = 0;
        bool is_long = false;
        for (format++; *format >= '0' && *format <= '9'; format++) {
            width = width * 10 + (size_t)(*format - '0');
        }
        for (; *format == 'l' || *format == 'z'; format++) {
            is_long = is_long || *format == 'l';
        }
        if (*format == 's') {
            const char *text = va_arg(arguments, const char *);
            put(out, text, strlen(text));
        } else if (*format == 'd') {
            int value = va_arg(arguments, int);
            put(out, "-", value < 0);
            put_number(out, value < 0 ? (unsigned long long)-(long long)value : (unsigned long long)value, 10, width);
        } else {
            unsigned base = *format == 'x' ? 16 : 10;
            CHECK(*format == 'x' || *format == 'u');
            put_number(out, is_long ? va_arg(arguments, unsigned long long) : va_arg(arguments, unsigned), base, width);
        }
    }
    if (out->capacity != 0) {
        out->to[out->length < out->capacity ? out->length : out->capacity - 1] = '\0';
    }
}

int snprintf(char *to, size_t capacity, const char *format, ...) {
    sink out = {to, capacity, 0};
    va_list arguments;
    va_start(arguments, format);
    format_into(&out, format, arguments);
    va_end(arguments);
    return (int)out.length;
}

int printf(const char *format, ...) {
    char text[4096];
    sink out = {text, sizeof text, 0};
    va_list arguments;
    va_start(arguments, format);
    format_into(&out, format, arguments);
    va_end(arguments);
    size_t length = out.length < sizeof text ? out.length : sizeof text - 1;
    host_print(text, length);
    return (int)length;
}

__attribute__((export_name("run"))) int run(void) {
    static char name[64];
    name[host_suite(name, sizeof name - 1)] = '\0';
    return test_run(name);
}
