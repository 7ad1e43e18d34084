/* SPDX-License-Identifier: MIT */
/*
 * 10,000 interruptions of the console, the same in every run: packets of esptool, half frames of our own, noise, lines
 * without an end. After each the board answers the next `info`, and how long that takes at most is measured.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "console/chunk.h"
#include "console/console.h"
#include "base/crc.h"
#include "fake_port.h"
#include "test.h"

#ifdef ROUNDS /* on an emulated processor */
#define INTERRUPTIONS ROUNDS
#else
#define INTERRUPTIONS 10000u
#endif

#define US_PER_BYTE 87u /* ten bits at 115,200 baud */

static uint32_t seed;
static uint8_t piece[8192];
static size_t length;

static void add(uint8_t byte) {
    CHECK(length < sizeof piece);
    piece[length++] = byte;
}

static void add_noise(uint32_t count) {
    while (count-- > 0) {
        add((uint8_t)test_random(&seed));
    }
}

static void add_slip(uint8_t byte) {
    if (byte == 0xC0 || byte == 0xDB) {
        add(0xDB);
        byte = byte == 0xC0 ? 0xDC : 0xDD;
    }
    add(byte);
}

/* As ESPLoader.command and ESPLoader.write of esptool/loader.py lay it out: direction, operation, length, checksum,
 * data; between two C0. */
static void add_packet(uint8_t operation, const uint8_t *data, uint16_t size, uint32_t checksum) {
    uint8_t head[8] = {0, operation};
    sn_put_u16(&head[2], size);
    sn_put_u32(&head[4], checksum);
    add(0xC0);
    for (size_t i = 0; i < sizeof head; i++) {
        add_slip(head[i]);
    }
    for (size_t i = 0; i < size; i++) {
        add_slip(data[i]);
    }
    add(0xC0);
}

/* Operations of ESPLoader.ESP_CMDS, with as many words as their arguments have. */
static void add_command(void) {
    static const struct {
        uint8_t operation, words;
    } commands[] = {
        {0x02, 5}, /* FLASH_BEGIN: size, blocks, block size, offset, encrypted */
        {0x04, 1}, /* FLASH_END */
        {0x05, 4}, /* MEM_BEGIN: size, blocks, block size, offset */
        {0x06, 2}, /* MEM_END */
        {0x09, 4}, /* WRITE_REG: address, value, mask, delay */
        {0x0A, 1}, /* READ_REG: address */
        {0x0B, 6}, /* SPI_SET_PARAMS */
        {0x0D, 2}, /* SPI_ATTACH */
        {0x0F, 2}, /* CHANGE_BAUDRATE: new, old */
        {0x10, 5}, /* FLASH_DEFL_BEGIN */
        {0x12, 1}, /* FLASH_DEFL_END */
        {0x13, 4}, /* SPI_FLASH_MD5: address, size, 0, 0 */
        {0x14, 0}, /* GET_SECURITY_INFO */
        {0xD2, 4}, /* READ_FLASH */
    };
    static const uint32_t likely[] = {0,      0,      1,          0x400,      0x4000,    0x10000,
                                      115200, 921600, 0x40001000, 0x60007044, 0xFFFFFFFF};
    uint8_t data[24];
    size_t which = test_random(&seed) % (sizeof commands / sizeof commands[0]);
    for (size_t i = 0; i < commands[which].words; i++) {
        sn_put_u32(&data[4 * i], likely[test_random(&seed) % (sizeof likely / sizeof likely[0])]);
    }
    add_packet(commands[which].operation, data, (uint16_t)(4 * commands[which].words), 0);
}

static void add_sync(void) {
    uint8_t data[36] = {0x07, 0x07, 0x12, 0x20};
    memset(&data[4], 0x55, 32);
    for (uint32_t times = 1 + test_random(&seed) % 8; times > 0; times--) {
        add_packet(0x08, data, sizeof data, 0);
    }
}

/* FLASH_DATA (3), MEM_DATA (7) or FLASH_DEFL_DATA (11 hex): length, number, two zeros, content. */
static void add_block(void) {
    static const uint8_t operations[] = {0x03, 0x07, 0x11};
    uint8_t data[16 + 1024] = {0};
    uint32_t size = test_random(&seed) % 1025;
    uint32_t checksum = 0xEF;
    sn_put_u32(&data[0], size);
    sn_put_u32(&data[4], test_random(&seed) % 200);
    for (uint32_t i = 0; i < size; i++) {
        data[16 + i] = test_random(&seed) % 3 == 0 ? 0 : (uint8_t)test_random(&seed);
        checksum ^= data[16 + i];
    }
    add_packet(operations[test_random(&seed) % 3], data, (uint16_t)(16 + size), checksum);
}

/* What a host sends that is cut off: its end has not come. */
static void add_chunk(void) {
    static const uint8_t types[] = {SN_CHUNK_IMAGE, SN_CHUNK_TRANSMIT, SN_CHUNK_DEALT_WITH, SN_CHUNK_UPDATE};
    uint8_t data[SN_CHUNK_DATA], encoded[SN_CHUNK_ENCODED];
    sn_chunk chunk = {.type = types[test_random(&seed) % 4],
                      .offset = test_random(&seed) % 3 * 1024,
                      .data = {data, test_random(&seed) % (SN_CHUNK_DATA + 1)}};
    for (size_t i = 0; i < chunk.data.length; i++) {
        data[i] = (uint8_t)test_random(&seed);
    }
    size_t whole = sn_chunk_encode(&chunk, encoded);
    size_t kept = 1 + test_random(&seed) % (whole - 1);
    for (size_t i = 0; i < kept; i++) {
        add(encoded[i]);
    }
}

static void add_line(void) {
    static const char *const lines[] = {"#101 info *65b1", "ets Jun  8 2016 00:22:57", "infer via=tcp output=1",
                                        "#9 image size=3000 crc=0 *1234", "I (31) boot: ESP-IDF v5.3.1 2nd stage"};
    const char *line = lines[test_random(&seed) % 5];
    size_t kept = test_random(&seed) % (strlen(line) + 1);
    for (size_t i = 0; i < kept; i++) {
        add((uint8_t)line[i]);
    }
}

static void make_interruption(void) {
    length = 0;
    for (uint32_t pieces = 1 + test_random(&seed) % 3; pieces > 0; pieces--) {
        switch (test_random(&seed) % 9) {
        case 0:
        case 1:
            add_sync();
            break;
        case 2:
            add_command();
            break;
        case 3:
            add_block();
            break;
        case 4:
            add_chunk();
            break;
        case 5:
            add_line();
            break;
        case 6:
            add_noise(test_random(&seed) % 200);
            break;
        case 7: /* a line or a frame that is too long, and does not end */
            add((uint8_t)(test_random(&seed) % 2));
            add(1);
            for (uint32_t more = 400 + test_random(&seed) % 1000; more > 0; more--) {
                add((uint8_t)('a' + more % 26));
            }
            break;
        default:
            add(0);
            break;
        }
    }
    if (test_random(&seed) % 3 == 0) {
        length -= test_random(&seed) % (length + 1);
    }
}

static void arrive(fake_port *fake, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fake_pass(fake, US_PER_BYTE);
        fake->deadline = sn_node_on_console(fake->node, &bytes[i], 1);
    }
}

static bool has_answered(fake_port *fake, const char *start) {
    bool found = false;
    for (const char *line = fake_line(fake); line != NULL; line = fake_line(fake)) {
        found = found || strncmp(line, start, strlen(start)) == 0;
    }
    return found;
}

static void forget_output(fake_port *fake) {
    fake->console_length = 0;
    fake->console_read = 0;
}

/* `after_us` of silence follow the interruption; `ask` is what asks then. Returns when the answer was there. */
static uint64_t survive(uint32_t first_seed, uint64_t after_us, const char *ask, size_t size) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    uint64_t longest = 0;
    seed = first_seed;
    for (uint32_t round = 0; round < INTERRUPTIONS; round++) {
        if (test_random(&seed) % 4 == 0) { /* with an upload under way */
            static const char begin[] = "\0\r\nimage size=3000 crc=0\r\n";
            arrive(fake, (const uint8_t *)begin, sizeof begin - 1);
        }
        make_interruption();
        arrive(fake, piece, length);
        uint64_t began = fake->now_us;
        forget_output(fake);
        fake_pass(fake, after_us);
        arrive(fake, (const uint8_t *)ask, size);
        CHECK(has_answered(fake, "#77 ok fw=1.2.3"));
        longest = fake->now_us - began > longest ? fake->now_us - began : longest;
        forget_output(fake);
    }
    printf("%u interruptions: the next info is answered after %u us of board time at most\n", (unsigned)INTERRUPTIONS,
           (unsigned)longest);
    fake_free(fake);
    return longest;
}

static void a_program_that_puts_a_zero_in_front_of_its_line_is_answered_at_once(void) {
    char ask[32];
    int size = snprintf(&ask[1], sizeof ask - 1, "#77 info *%04x\r\n", sn_crc16("#77 info", 8));
    ask[0] = '\0';
    CHECK(survive(11, 0, ask, 1 + (size_t)size) < 10000);
}

static void a_person_who_waits_for_half_a_second_and_ends_a_line_is_answered_within_a_second(void) {
    static const char ask[] = "\r\n#77 info\r\n";
    CHECK(survive(12, SN_CONSOLE_SILENCE_US, ask, sizeof ask - 1) < 1000000);
}

static const test_case interruptions_cases[] = {
    TEST(a_program_that_puts_a_zero_in_front_of_its_line_is_answered_at_once),
    TEST(a_person_who_waits_for_half_a_second_and_ends_a_line_is_answered_within_a_second),
};
SUITE(interruptions, interruptions_cases);
