/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <string.h>

#include "base/crc.h"

static const char hex_digits[] = "0123456789abcdef";

void sn_text_init(sn_text *text, char *buffer, size_t capacity) {
    *text = (sn_text){.buffer = buffer, .capacity = capacity};
}

void sn_text_add_bytes(sn_text *text, const char *bytes, size_t length) {
    if (text->overflow || length > text->capacity - text->length) {
        text->overflow = true;
        return;
    }
    if (length != 0) {
        memcpy(&text->buffer[text->length], bytes, length);
        text->length += length;
    }
}

void sn_text_add(sn_text *text, const char *string) {
    sn_text_add_bytes(text, string, strlen(string));
}

void sn_text_add_u64(sn_text *text, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = hex_digits[value % 10];
        value /= 10;
    } while (value != 0);
    sn_text_add_bytes(text, &digits[at], sizeof digits - at);
}

void sn_text_add_i32(sn_text *text, int32_t value) {
    if (value < 0) {
        sn_text_add(text, "-");
    }
    sn_text_add_u64(text, (uint64_t)(value < 0 ? -(int64_t)value : (int64_t)value));
}

void sn_text_add_hex(sn_text *text, uint32_t value, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
        sn_text_add_bytes(text, &hex_digits[value >> shift & 0xF], 1);
    }
}

/* How many bytes at `bytes` make up one printable character of UTF-8; 0 if they do not. */
static size_t printable(const uint8_t *bytes, size_t length) {
    uint8_t first = bytes[0];
    if (first < 0x80) {
        return first >= 0x20 && first != 0x7F ? 1 : 0;
    }
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || size > length) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    /* Overlong forms, surrogates, beyond U+10FFFF, and the control characters of U+0080 to U+009F. */
    uint8_t second = bytes[1];
    bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                 (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ||
                 (first == 0xC2 && second < 0xA0);
    return wrong ? 0 : size;
}

static void add_value(sn_text *text, const char *value, size_t length) {
    bool quoted = length == 0;
    for (size_t i = 0; i < length; i++) {
        quoted = quoted || value[i] == ' ' || value[i] == '"' || value[i] == '=';
    }
    if (quoted) {
        sn_text_add(text, "\"");
    }
    for (size_t i = 0; i < length;) {
        size_t size = printable((const uint8_t *)&value[i], length - i);
        if (quoted && (value[i] == '"' || value[i] == '\\')) {
            sn_text_add(text, "\\");
        }
        sn_text_add_bytes(text, size != 0 ? &value[i] : "?", size != 0 ? size : 1);
        i += size != 0 ? size : 1;
    }
    if (quoted) {
        sn_text_add(text, "\"");
    }
}

void sn_text_pair_bytes(sn_text *text, const char *key, const char *value, size_t length) {
    size_t before = text->length;
    sn_text_add(text, " ");
    sn_text_add(text, key);
    sn_text_add(text, "=");
    add_value(text, value, length);
    if (text->overflow) {
        text->length = before;
    }
}

void sn_text_pair(sn_text *text, const char *key, const char *value) {
    sn_text_pair_bytes(text, key, value, strlen(value));
}

void sn_text_pair_u64(sn_text *text, const char *key, uint64_t value) {
    char digits[20];
    sn_text number;
    sn_text_init(&number, digits, sizeof digits);
    sn_text_add_u64(&number, value);
    sn_text_pair_bytes(text, key, digits, number.length);
}

void sn_text_pair_hex(sn_text *text, const char *key, uint32_t value) {
    char digits[8];
    sn_text number;
    sn_text_init(&number, digits, sizeof digits);
    sn_text_add_hex(&number, value, 8);
    sn_text_pair_bytes(text, key, digits, number.length);
}

const char *sn_text_string(sn_text *text) {
    size_t end = text->length < text->capacity ? text->length : text->capacity - 1;
    text->buffer[end] = '\0';
    return text->buffer;
}

void sn_text_seal(sn_text *text) {
    uint16_t crc = sn_crc16(text->buffer, text->length);
    text->capacity += SN_TEXT_SEAL;
    text->overflow = false;
    sn_text_add(text, " *");
    sn_text_add_hex(text, crc, 4);
    sn_text_add(text, "\r\n");
}

bool sn_equal(const char *a, const char *b) {
    size_t length = strlen(a);
    return strlen(b) == length && memcmp(a, b, length) == 0;
}

bool sn_parse_u32(const char *string, uint32_t *value) {
    uint64_t number = 0;
    size_t i = 0;
    for (; string[i] >= '0' && string[i] <= '9' && number <= UINT32_MAX; i++) {
        number = number * 10 + (uint64_t)(string[i] - '0');
    }
    *value = (uint32_t)number;
    return i != 0 && string[i] == '\0' && number <= UINT32_MAX;
}

uint32_t sn_hex_digit(char digit) {
    uint32_t number = (uint32_t)(uint8_t)digit - '0';
    uint32_t letter = ((uint32_t)(uint8_t)digit | 0x20u) - 'a';
    uint32_t is_number = number < 10;
    uint32_t is_letter = letter < 6;
    return is_number * number + is_letter * (letter + 10) + (1 - (is_number | is_letter)) * SN_NO_HEX_DIGIT;
}

bool sn_parse_hex(const char *string, size_t most_digits, uint32_t *value) {
    size_t i = 0;
    *value = 0;
    for (; string[i] != '\0'; i++) {
        uint32_t digit = sn_hex_digit(string[i]);
        if (digit == SN_NO_HEX_DIGIT || i == most_digits) {
            return false;
        }
        *value = *value << 4 | digit;
    }
    return i != 0;
}
