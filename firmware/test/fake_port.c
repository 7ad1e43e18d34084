/* SPDX-License-Identifier: MIT */
#include "fake_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "sha256.h"
#include "test.h"

static uint64_t now_us(void *ctx) {
    fake_port *fake = ctx;
    uint64_t now = fake->now_us;
    fake->now_us += fake->us_per_look;
    return now;
}

static uint32_t random_u32(void *ctx) {
    (void)ctx;
    return FAKE_SESSION;
}

static void restart(void *ctx) {
    ((fake_port *)ctx)->restarts++;
}

static void console_write(void *ctx, const uint8_t *data, size_t length) {
    fake_port *fake = ctx;
    if (length > sizeof fake->console - fake->console_length) {
        memmove(fake->console, &fake->console[fake->console_read], fake->console_length - fake->console_read);
        fake->console_length -= fake->console_read;
        fake->console_read = 0;
    }
    CHECK(length <= sizeof fake->console - fake->console_length);
    memcpy(&fake->console[fake->console_length], data, length);
    fake->console_length += length;
}

static void console_baud(void *ctx, uint32_t rate) {
    ((fake_port *)ctx)->baud = rate;
}

static uint32_t figure(void *ctx, sn_figure which) {
    (void)ctx;
    return 1000u * ((uint32_t)which + 1);
}

static uint32_t slot_size(void *ctx) {
    return ((fake_port *)ctx)->slot_size;
}

static sn_error slot_read(void *ctx, uint32_t offset, void *to, uint32_t length) {
    fake_port *fake = ctx;
    CHECK((uint64_t)offset + length <= fake->slot_size);
    memcpy(to, &fake->slot[offset], length);
    return fake->slot_fails;
}

static sn_error slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]) {
    fake_port *fake = ctx;
    CHECK((uint64_t)offset + length <= fake->slot_size);
    sha256(&fake->slot[offset], length, digest);
    return SN_OK;
}

static sn_error model_open(void *ctx, uint32_t offset, uint32_t length) {
    fake_port *fake = ctx;
    CHECK_UINT(offset, SN_SLOT_HEADER);
    CHECK(length <= fake->slot_size - offset);
    fake->opened++;
    return fake->open_fails;
}

static sn_error input_load(void *ctx, const uint8_t *data, uint32_t length) {
    fake_port *fake = ctx;
    CHECK(length <= sizeof fake->input);
    memcpy(fake->input, data, length);
    fake->input_length = length;
    fake->loaded++;
    return fake->load_fails;
}

static sn_error invoke(void *ctx) {
    fake_port *fake = ctx;
    fake->invoked++;
    return fake->invoke_fails;
}

static sn_error wifi_join(void *ctx, const char *ssid, const char *password) {
    fake_port *fake = ctx;
    snprintf(fake->ssid, sizeof fake->ssid, "%s", ssid);
    snprintf(fake->password, sizeof fake->password, "%s", password);
    return fake->wifi_fails;
}

static sn_error update_begin(void *ctx, sn_update what, uint32_t size) {
    fake_port *fake = ctx;
    CHECK(size != 0);
    fake->update_begins++;
    fake->update_what = what;
    fake->update_length = 0;
    return size > FAKE_SLOT ? SN_ERR_BAD_ARGUMENT : fake->update_begin_fails;
}

static sn_error update_write(void *ctx, const uint8_t *data, uint32_t length) {
    fake_port *fake = ctx;
    CHECK(length != 0 && length <= FAKE_SLOT - fake->update_length);
    memcpy(&fake->update[fake->update_length], data, length);
    fake->update_length += length;
    return fake->update_write_fails;
}

static sn_error update_end(void *ctx, const uint8_t digest[32]) {
    fake_port *fake = ctx;
    uint8_t actual[32];
    fake->update_ends++;
    sha256(fake->update, fake->update_length, actual);
    return memcmp(actual, digest, sizeof actual) != 0 ? SN_ERR_UPDATE_SHA256 : fake->update_end_fails;
}

static sn_error update_confirm(void *ctx, sn_update what) {
    fake_port *fake = ctx;
    fake->update_what = what;
    fake->update_confirms++;
    return fake->update_confirm_fails;
}

static sn_error link_open(void *ctx, sn_via via, const char *host, uint16_t port) {
    fake_port *fake = ctx;
    snprintf(fake->link_host, sizeof fake->link_host, "%s", host);
    fake->via = via;
    fake->link_port = port;
    fake->link_opens++;
    return fake->link_fails;
}

static void link_close(void *ctx, sn_via via) {
    fake_port *fake = ctx;
    CHECK_UINT(via, fake->via);
    fake->link_closes++;
}

static void keep(fake_port *fake, const void *data, size_t length) {
    CHECK(length <= sizeof fake->sent - fake->sent_length);
    memcpy(&fake->sent[fake->sent_length], data, length);
    fake->sent_length += length;
}

static int32_t link_send(void *ctx, sn_via via, uint64_t to, const uint8_t *data, size_t length) {
    fake_port *fake = ctx;
    CHECK_UINT(via, fake->via);
    if (fake->link_broken) {
        return -1;
    }
    if (via == SN_VIA_TCP) {
        CHECK_UINT(to, 0);
        if (length > fake->link_room) {
            length = fake->link_room;
        }
        keep(fake, data, length);
    } else {
        CHECK(length <= fake->frame_limit);
        if (length > fake->link_room) {
            return 0;
        }
        if (fake->carry != NULL) {
            return fake->carry(fake->medium, fake, to, data, length) ? (int32_t)length : 0;
        }
        keep(fake, &(fake_frame_lead){.to = to, .length = length}, sizeof(fake_frame_lead));
        keep(fake, data, length);
    }
    fake->link_room -= (uint32_t)length;
    return (int32_t)length;
}

static uint32_t link_frame_limit(void *ctx, sn_via via) {
    return via == SN_VIA_TCP ? 0 : ((fake_port *)ctx)->frame_limit;
}

#ifdef SN_TEST_BUILD
static void crash(void *ctx) {
    ((fake_port *)ctx)->crashes++;
}

static void hang(void *ctx) {
    ((fake_port *)ctx)->hangs++;
}
#endif

static void *fresh_memory(size_t size) {
    void *memory = calloc(1, size);
    CHECK(memory != NULL);
    return memory;
}

fake_port *fake_new(void) {
    fake_port *fake = fresh_memory(sizeof *fake);
    fake->image_memory = fresh_memory(FAKE_INPUT);
    fake->receive_memory = fresh_memory(FAKE_RECEIVE);
    fake->output_memory = fresh_memory(FAKE_INPUT);
    fake->node = fresh_memory(sn_node_size());
    fake->port = (sn_port){
        .ctx = fake,
        .now_us = now_us,
        .random_u32 = random_u32,
        .restart = restart,
        .console_write = console_write,
        .console_baud = console_baud,
        .figure = figure,
        .slot_size = slot_size,
        .slot_read = slot_read,
        .slot_sha256 = slot_sha256,
        .model_open = model_open,
        .input_load = input_load,
        .invoke = invoke,
        .wifi_join = wifi_join,
        .link_open = link_open,
        .link_close = link_close,
        .link_send = link_send,
        .link_frame_limit = link_frame_limit,
        .update_begin = update_begin,
        .update_write = update_write,
        .update_end = update_end,
        .update_confirm = update_confirm,
#ifdef SN_TEST_BUILD
        .crash = crash,
        .hang = hang,
#endif
    };
    fake->identity = (sn_identity){
        .version = "1.2.3",
        .source_digest = "0123456789abcdef",
        .chip = "esp32s3",
        .mac = "02:00:00:00:00:01",
        .kernels = "reference",
        .reset_reason = "power-on",
        .arena_size = 200000,
        .psram_size = 8388608,
        .flash_size = 16777216,
        .app_slot = "ota_0",
        .model_slot = "model_0",
        .simulated = true,
    };
    fake->memory = (sn_memory){
        .image = fake->image_memory,
        .image_capacity = FAKE_INPUT,
        .receive = fake->receive_memory,
        .receive_capacity = FAKE_RECEIVE,
        .output = fake->output_memory,
        .output_capacity = FAKE_INPUT,
    };
    fake->slot_size = FAKE_SLOT;
    fake->link_room = UINT32_MAX;
    fake->via = SN_VIA_TCP;
    fake->frame_limit = 250;
    memset(fake->slot, 0xFF, sizeof fake->slot);
    return fake;
}

static void write_tensor(uint8_t *to, sn_dtype dtype, uint32_t size) {
    to[0] = (uint8_t)dtype;
    to[1] = 2;
    sn_put_u32(&to[4], 1);
    sn_put_u32(&to[8], size);
    sn_put_u32(&to[36], size);
}

void fake_write_slot(fake_port *fake, sn_role role) {
    uint8_t *slot = fake->slot;
    memset(slot, 0, SN_SLOT_HEADER);
    sn_put_u32(&slot[0], 0x4D4C4948);
    sn_put_u16(&slot[4], 1);
    slot[6] = (uint8_t)role;
    sn_put_u32(&slot[8], 1000);
    sn_put_u32(&slot[12], FAKE_MODEL_ID);
    if (role == SN_ROLE_TAIL) {
        write_tensor(&slot[80], SN_INT8, FAKE_CROSSING);
    } else {
        write_tensor(&slot[80], SN_UINT8, FAKE_INPUT);
    }
    if (role == SN_ROLE_HEAD) {
        write_tensor(&slot[120], SN_INT8, FAKE_CROSSING);
    } else {
        write_tensor(&slot[120], SN_UINT8, FAKE_CLASSES);
    }
    sn_put_u32(&slot[160], FAKE_CLASSES);
    memcpy(&slot[164], "dogs", 5);
    if (role != SN_ROLE_FULL) {
        memcpy(&slot[228], "block_6", 8);
    }
    memset(&slot[SN_SLOT_HEADER], 0xA5, 1000);
    fake_seal_slot(fake);
}

void fake_seal_slot(fake_port *fake) {
    uint32_t length = sn_get_u32(&fake->slot[8]);
    if (length <= FAKE_SLOT - SN_SLOT_HEADER) {
        sha256(&fake->slot[SN_SLOT_HEADER], length, &fake->slot[16]);
    }
    sn_put_u32(&fake->slot[4092], sn_crc32(0, fake->slot, 4092));
}

void fake_boot(fake_port *fake) {
    fake->opened = 0;
    fake->deadline = sn_node_init(fake->node, &fake->port, &fake->identity, &fake->memory);
    if (fake->opened == 1 && fake->open_fails == SN_OK) {
        uint32_t input = sn_get_u32(&fake->slot[80 + 36]);
        uint32_t output = sn_get_u32(&fake->slot[120 + 36]);
        fake->deadline = sn_node_on_model(fake->node, SN_OK, NULL, 123456, input, output);
    }
}

static fake_port *boot_in_role(fake_port *fake, sn_role role) {
    fake_write_slot(fake, role);
    fake_boot(fake);
    fake->console_length = 0;
    return fake;
}

fake_port *fake_in_role(sn_role role) {
    return boot_in_role(fake_new(), role);
}

fake_port *fake_spacious(sn_role role) {
    fake_port *fake = fake_new();
    free(fake->image_memory);
    free(fake->receive_memory);
    fake->memory.image = fake->image_memory = fresh_memory(FAKE_SPACE);
    fake->memory.receive = fake->receive_memory = fresh_memory(FAKE_SPACE + 128);
    fake->memory.image_capacity = FAKE_SPACE;
    fake->memory.receive_capacity = FAKE_SPACE + 128;
    return boot_in_role(fake, role);
}

fake_port *fake_linked(sn_role role) {
    fake_port *fake = fake_in_role(role);
    if (role == SN_ROLE_HEAD) {
        CHECK_TEXT(fake_ask(fake, "edge host=10.0.0.1 port=4000"), "ok host=10.0.0.1 port=4000");
        CHECK_TEXT(fake_ask(fake, "link via=tcp state=up"), "ok");
    }
    fake_link(fake, SN_OK, NULL);
    fake_peer_greets(fake, role == SN_ROLE_HEAD ? SN_FLAG_ANSWER : 0, 1,
                     role == SN_ROLE_HEAD ? SN_ROLE_TAIL : SN_ROLE_HEAD);
    sn_header header;
    sn_body body;
    CHECK(fake_peer_gets(fake, &header, &body));
    CHECK_UINT(header.type, SN_FRAME_HELLO);
    CHECK_TEXT(fake_line(fake), "! link via=tcp state=up");
    return fake;
}

void fake_free(fake_port *fake) {
    CHECK(fake_line(fake) == NULL); /* a test looks at everything that the board says */
    free(fake->image_memory);
    free(fake->receive_memory);
    free(fake->output_memory);
    free(fake->node);
    free(fake);
}
