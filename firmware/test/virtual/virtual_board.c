/* SPDX-License-Identifier: MIT */
#include "virtual_board.h"

#include <string.h>

#include "stack.h"
#include "test.h"

fake_port *virtual_machine;

static const sn_port *port(void) {
    return &virtual_machine->port;
}

/* A text of the core, which the machine gets with its length. */
static void check_length(const char *text, uint32_t length) {
    CHECK_UINT(strlen(text), length);
}

int64_t machine_now_us(void) {
    return (int64_t)port()->now_us(port()->ctx);
}

uint32_t machine_random_u32(void) {
    return port()->random_u32(port()->ctx);
}

void machine_restart(void) {
    port()->restart(port()->ctx);
}

void machine_hmac_sha256(const uint8_t *key, const void *pieces, uint32_t count, uint8_t *mac) {
    CHECK(port()->hmac_sha256(port()->ctx, key, pieces, count, mac));
}

void machine_console_write(const uint8_t *data, uint32_t length) {
    port()->console_write(port()->ctx, data, length);
}

void machine_console_baud(uint32_t rate) {
    port()->console_baud(port()->ctx, rate);
}

uint32_t machine_slot_size(void) {
    return port()->slot_size(port()->ctx);
}

int32_t machine_slot_read(uint32_t offset, void *to, uint32_t length) {
    return (int32_t)port()->slot_read(port()->ctx, offset, to, length);
}

int32_t machine_slot_sha256(uint32_t offset, uint32_t length, uint8_t *digest) {
    return (int32_t)port()->slot_sha256(port()->ctx, offset, length, digest);
}

int32_t machine_model_open(uint32_t offset, uint32_t length, uint32_t arena_size) {
    CHECK_UINT(arena_size, ARENA_SIZE);
    return (int32_t)port()->model_open(port()->ctx, offset, length);
}

int32_t machine_input_load(const uint8_t *data, uint32_t length) {
    return (int32_t)port()->input_load(port()->ctx, data, length);
}

int32_t machine_invoke(void) {
    return (int32_t)port()->invoke(port()->ctx);
}

uint32_t machine_operator_times(uint8_t *times, uint32_t capacity) {
    const uint8_t *source = NULL;
    uint32_t length = port()->operator_times(port()->ctx, &source);
    CHECK(length <= capacity);
    memcpy(times, source, length);
    return length;
}

int32_t machine_wifi_join(const char *ssid, uint32_t ssid_length, const char *password, uint32_t password_length) {
    check_length(ssid, ssid_length);
    check_length(password, password_length);
    return (int32_t)port()->wifi_join(port()->ctx, ssid, password);
}

int32_t machine_update_begin(int32_t what, uint32_t size) {
    return (int32_t)port()->update_begin(port()->ctx, (sn_update)what, size);
}

int32_t machine_update_write(const uint8_t *data, uint32_t length) {
    return (int32_t)port()->update_write(port()->ctx, data, length);
}

int32_t machine_update_end(const uint8_t *sha256) {
    return (int32_t)port()->update_end(port()->ctx, sha256);
}

int32_t machine_update_confirm(int32_t what) {
    return (int32_t)port()->update_confirm(port()->ctx, (sn_update)what);
}

int32_t machine_link_open(int32_t via, const char *host, uint32_t host_length, uint32_t number) {
    check_length(host, host_length);
    return (int32_t)port()->link_open(port()->ctx, (sn_via)via, host, (uint16_t)number);
}

void machine_link_close(int32_t via) {
    port()->link_close(port()->ctx, (sn_via)via);
}

int32_t machine_link_send(int32_t via, int64_t to, const uint8_t *data, uint32_t length) {
    return port()->link_send(port()->ctx, (sn_via)via, (uint64_t)to, data, length);
}

uint32_t machine_link_frame_limit(int32_t via) {
    return port()->link_frame_limit(port()->ctx, (sn_via)via);
}

/* stack.c's, which knows the linker of the module. */

void virtual_stack_fill(void) {
}

uint32_t virtual_stack_reserve(void) {
    return VIRTUAL_BOARD_RESERVE;
}

uint32_t virtual_board_stage(const void *data, size_t length) {
    CHECK(length <= staging_capacity());
    memcpy(staging(), data, length);
    return (uint32_t)length;
}

uint32_t virtual_board_stage_text(const char *text) {
    return virtual_board_stage(text, strlen(text));
}

void virtual_board_boot(sn_role role) {
    static const char texts[] = "02:00:00:4c:00:01\0POWERON\0ota_1\0model_0";
    virtual_machine = fake_new();
    if (role != SN_ROLE_NONE) {
        fake_write_slot(virtual_machine, role);
    }
    virtual_board_stage(texts, sizeof texts);
    CHECK(boot(8388608, 16777216, 0, 1) == -1);
    CHECK_TEXT(fake_line(virtual_machine), "I () splitnode: version 1.2.3, source 0123456789abcdef, reset by POWERON");
    if (role != SN_ROLE_NONE) {
        uint32_t output = role == SN_ROLE_HEAD ? FAKE_CROSSING : FAKE_CLASSES;
        CHECK(on_model(SN_OK, 0, 123456, role == SN_ROLE_TAIL ? FAKE_CROSSING : FAKE_INPUT, output) == -1);
    }
    CHECK(fake_line(virtual_machine) != NULL);
    CHECK(fake_line(virtual_machine) == NULL);
}

void virtual_board_end(void) {
    fake_free(virtual_machine);
    virtual_machine = NULL;
}

const char *virtual_board_ask(const char *line) {
    CHECK(fake_line(virtual_machine) == NULL);
    on_console(virtual_board_stage_text(line));
    on_console(virtual_board_stage_text("\r\n"));
    return fake_line(virtual_machine);
}
