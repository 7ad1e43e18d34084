/* SPDX-License-Identifier: MIT */
/* The table of functions. */
#include "fake_port.h"

#include <stdio.h>
#include <string.h>

#include "sha256.h"
#include "test.h"

static uint64_t now_us(void *ctx) {
    fake_port *fake = ctx;
    uint64_t now = fake->now_us;
    fake->now_us += fake->us_per_look;
    return now;
}

static uint32_t random_u32(void *ctx) {
    fake_port *fake = ctx;
    return FAKE_SESSION + 0x9E3779B9u * fake->drawn++; /* the first is the session */
}

static void restart(void *ctx) {
    ((fake_port *)ctx)->restarts++;
}

static bool hmac(void *ctx, const uint8_t key[SN_KEY_SIZE], const sn_bytes *pieces, size_t count,
                 uint8_t mac[SN_SHA256_SIZE]) {
    fake_port *fake = ctx;
    fake->hashed++;
    hmac_sha256(key, pieces, count, mac);
    return !fake->hash_fails;
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
    const uint32_t first = ((fake_port *)ctx)->figure;
    return first == SN_NO_FIGURE ? first : first * ((uint32_t)which + 1);
}

static bool next_stack(void *ctx, uint32_t *index, sn_stack *stack) {
    static const char *const tasks[] = {"first", "second", "a_task_of_15ish"};
    const bool is_there = *index < ((fake_port *)ctx)->stacks;
    stack->task = tasks[*index < 2 ? *index : 2];
    stack->reserve = 10000u + (*index)++;
    return is_there;
}

static sn_error model_open(void *ctx, uint32_t offset, uint32_t length) {
    fake_port *fake = ctx;
    CHECK_UINT(offset, SN_SLOT_HEADER);
    CHECK(length <= fake->flash.size - offset);
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

static uint32_t operator_times(void *ctx, const uint8_t **times) {
    fake_port *fake = ctx;
    *times = fake->times;
    return fake->times_length;
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

void fake_port_init(fake_port *fake) {
    fake->port = (sn_port){
        .ctx = fake,
        .now_us = now_us,
        .random_u32 = random_u32,
        .restart = restart,
        .hmac_sha256 = hmac,
        .console_write = console_write,
        .console_baud = console_baud,
        .figure = figure,
        .next_stack = next_stack,
        .slot_size = fake_slot_size,
        .slot_read = fake_slot_read,
        .slot_sha256 = fake_slot_sha256,
        .model_open = model_open,
        .input_load = input_load,
        .invoke = invoke,
        .operator_times = operator_times,
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
    fake->flash = (fake_flash){.bytes = fake->slot, .size = sizeof fake->slot};
    fake->link_room = UINT32_MAX;
    fake->via = SN_VIA_TCP;
    fake->frame_limit = 250;
    fake->figure = 1000;
    fake->stacks = 2;
    memset(fake->slot, 0xFF, sizeof fake->slot);
}
