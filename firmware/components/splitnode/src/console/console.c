/* SPDX-License-Identifier: MIT */
#include "console/console.h"

#include <string.h>

#include "base/crc.h"
#include "base/text.h"

void sn_console_init(sn_console *console) {
    memset(console, 0, sizeof *console);
}

static sn_console_event deliver(sn_console *console, sn_console_event event) {
    console->state = SN_CONSOLE_IN_LINE;
    console->delivered = true;
    return event;
}

static sn_console_event push_text(sn_console *console, uint8_t byte) {
    bool ends = byte == '\r' || byte == '\n';
    if (console->state == SN_CONSOLE_IN_LONG_LINE || console->state == SN_CONSOLE_IN_NOISE) {
        bool is_line = console->state == SN_CONSOLE_IN_LONG_LINE;
        return ends ? deliver(console, is_line ? SN_CONSOLE_LONG_LINE : SN_CONSOLE_NOTHING) : SN_CONSOLE_NOTHING;
    }
    if (ends) {
        console->buffer[console->length] = '\0';
        return deliver(console, console->length != 0 ? SN_CONSOLE_LINE : SN_CONSOLE_NOTHING);
    }
    if (console->length == SN_LINE_LIMIT) {
        console->state = SN_CONSOLE_IN_LONG_LINE;
        return SN_CONSOLE_NOTHING;
    }
    console->buffer[console->length++] = byte;
    return SN_CONSOLE_NOTHING;
}

static sn_console_event end_frame(sn_console *console) {
    if (console->length == 0) {
        return SN_CONSOLE_NOTHING; /* two zeros between two frames; or an end was lost, and this is the next start */
    }
    if (!sn_cobs_decode(console->buffer, console->length, console->buffer, &console->length)) {
        return deliver(console, SN_CONSOLE_BAD_FRAME);
    }
    return deliver(console, SN_CONSOLE_FRAME);
}

/* The types of binary frames that a host sends. */
static bool comes_from_host(uint8_t type) {
    return type == SN_CHUNK_IMAGE || type == SN_CHUNK_TRANSMIT || type == SN_CHUNK_DEALT_WITH ||
           type == SN_CHUNK_UPDATE;
}

static sn_console_event push_frame(sn_console *console, uint8_t byte) {
    if (byte == 0) {
        return end_frame(console);
    }
    if (console->length == 1 && !comes_from_host(byte)) {
        uint8_t first = console->buffer[0];
        console->state = SN_CONSOLE_IN_LINE;
        console->length = 0;
        (void)push_text(console, first);
        console->delivered = false;
        return push_text(console, byte);
    }
    if (console->length == sizeof console->buffer) {
        console->state = SN_CONSOLE_IN_NOISE;
        return SN_CONSOLE_BAD_FRAME;
    }
    console->buffer[console->length++] = byte;
    return SN_CONSOLE_NOTHING;
}

sn_console_event sn_console_push(sn_console *console, uint8_t byte) {
    if (console->delivered) {
        console->delivered = false;
        console->length = 0;
    }
    if (console->state == SN_CONSOLE_IN_FRAME) {
        return push_frame(console, byte);
    }
    if (byte == 0) {
        console->state = SN_CONSOLE_IN_FRAME;
        console->length = 0;
        return SN_CONSOLE_NOTHING;
    }
    return push_text(console, byte);
}

bool sn_console_is_open(const sn_console *console) {
    return console->state == SN_CONSOLE_IN_FRAME || console->state == SN_CONSOLE_IN_NOISE;
}

void sn_console_heard(sn_console *console, uint64_t now) {
    console->heard_us = now;
}

uint64_t sn_console_deadline(const sn_console *console) {
    return sn_console_is_open(console) ? console->heard_us + SN_CONSOLE_SILENCE_US : UINT64_MAX;
}

sn_console_event sn_console_on_timer(sn_console *console, uint64_t now) {
    if (!sn_console_is_open(console) || now - console->heard_us < SN_CONSOLE_SILENCE_US) {
        return SN_CONSOLE_NOTHING;
    }
    bool had_begun = console->state == SN_CONSOLE_IN_FRAME && console->length != 0;
    console->state = SN_CONSOLE_IN_LINE;
    console->length = 0;
    console->delivered = false;
    return had_begun ? SN_CONSOLE_BAD_FRAME : SN_CONSOLE_NOTHING;
}

/* Cuts " *xxxx" off the end of a line. False if it is there and wrong. */
static bool check_crc(char *line) {
    size_t length = strlen(line);
    uint32_t crc = 0;
    if (length < 6 || line[length - 6] != ' ' || line[length - 5] != '*' || !sn_parse_hex(&line[length - 4], 4, &crc)) {
        return true;
    }
    line[length - 6] = '\0';
    return crc == sn_crc16(line, length - 6);
}

/* Ends the word at `*at` by a zero and moves `*at` to the one behind it. */
static char *take_word(char **at) {
    char *word = *at;
    while (**at != ' ' && **at != '\0') {
        (*at)++;
    }
    if (**at == ' ') {
        *(*at)++ = '\0';
    }
    return word;
}

sn_error sn_request_parse(sn_request *request, char *line, const char **why) {
    *request = (sn_request){.verb = ""};
    bool sound = check_crc(line);
    char *at = line;
    if (*at == '#') {
        at++;
        request->has_id = sn_parse_u32(take_word(&at), &request->id);
        if (!request->has_id) {
            *why = "a request's number is # and a decimal number below 2^32";
            return sound ? SN_ERR_SYNTAX : SN_ERR_CRC;
        }
    }
    if (!sound) {
        *why = "the request's CRC is wrong: send it again";
        return SN_ERR_CRC;
    }
    while (*at == ' ') {
        at++;
    }
    request->verb = take_word(&at);
    if (*request->verb == '\0') {
        *why = "there is no verb in the request: try help";
        return SN_ERR_SYNTAX;
    }
    return sn_pairs_parse(&request->arguments, at, why);
}
