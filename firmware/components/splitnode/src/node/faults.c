/* SPDX-License-Identifier: MIT */
#include "node/faults.h"

#ifdef SN_TEST_BUILD

/* In a function of the table: the faults, and the machine's function of that name with its own context. */
#define FAULTS ((sn_faults *)ctx)
#define MACHINES(function) FAULTS->machine->function
#define ITS_CTX FAULTS->machine->ctx

/* One more of this kind: does it fail? */
static bool fails(sn_faults *faults, sn_fault what) {
    if (!faults->of[what].is_armed) {
        return false;
    }
    if (faults->of[what].after != 0) {
        faults->of[what].after--;
        return false;
    }
    faults->of[what].is_armed = false;
    faults->made++;
    return true;
}

static uint64_t now_us(void *ctx) {
    return MACHINES(now_us)(ITS_CTX);
}

static uint32_t random_u32(void *ctx) {
    return MACHINES(random_u32)(ITS_CTX);
}

static void restart(void *ctx) {
    MACHINES(restart)(ITS_CTX);
}

static bool hmac_sha256(void *ctx, const uint8_t key[SN_KEY_SIZE], const sn_bytes *pieces, size_t count,
                        uint8_t mac[SN_SHA256_SIZE]) {
    return MACHINES(hmac_sha256)(ITS_CTX, key, pieces, count, mac);
}

static void console_write(void *ctx, const uint8_t *data, size_t length) {
    MACHINES(console_write)(ITS_CTX, data, length);
}

static void console_baud(void *ctx, uint32_t rate) {
    MACHINES(console_baud)(ITS_CTX, rate);
}

static uint32_t figure(void *ctx, sn_figure which) {
    return MACHINES(figure)(ITS_CTX, which);
}

static bool next_stack(void *ctx, uint32_t *index, sn_stack *stack) {
    return MACHINES(next_stack)(ITS_CTX, index, stack);
}

static uint32_t slot_size(void *ctx) {
    return MACHINES(slot_size)(ITS_CTX);
}

static sn_error slot_read(void *ctx, uint32_t offset, void *to, uint32_t length) {
    return MACHINES(slot_read)(ITS_CTX, offset, to, length);
}

static sn_error slot_sha256(void *ctx, uint32_t offset, uint32_t length, uint8_t digest[32]) {
    return MACHINES(slot_sha256)(ITS_CTX, offset, length, digest);
}

static sn_error model_open(void *ctx, uint32_t offset, uint32_t length) {
    return MACHINES(model_open)(ITS_CTX, offset, length);
}

static sn_error input_load(void *ctx, const uint8_t *data, uint32_t length) {
    return MACHINES(input_load)(ITS_CTX, data, length);
}

static sn_error invoke(void *ctx) {
    FAULTS->invoke_fails = fails(FAULTS, SN_FAULT_INVOKE);
    return MACHINES(invoke)(ITS_CTX);
}

static uint32_t operator_times(void *ctx, const uint8_t **times) {
    return MACHINES(operator_times)(ITS_CTX, times);
}

static sn_error wifi_join(void *ctx, const char *ssid, const char *password) {
    return MACHINES(wifi_join)(ITS_CTX, ssid, password);
}

static sn_error link_open(void *ctx, sn_via via, const char *host, uint16_t port) {
    FAULTS->full = SN_VIA_NONE;
    return fails(FAULTS, SN_FAULT_ALLOC) ? SN_ERR_RADIO : MACHINES(link_open)(ITS_CTX, via, host, port);
}

static void link_close(void *ctx, sn_via via) {
    FAULTS->full = SN_VIA_NONE;
    MACHINES(link_close)(ITS_CTX, via);
}

static int32_t link_send(void *ctx, sn_via via, uint64_t to, const uint8_t *data, size_t length) {
    if (!fails(FAULTS, SN_FAULT_ALLOC)) {
        return MACHINES(link_send)(ITS_CTX, via, to, data, length);
    }
    FAULTS->full = via;
    FAULTS->writable_at = now_us(ctx) + SN_FAULTS_PAUSE_US;
    return 0;
}

static uint32_t link_frame_limit(void *ctx, sn_via via) {
    return MACHINES(link_frame_limit)(ITS_CTX, via);
}

/* What the machine has begun stays begun when a step fails here: the next update_begin makes it forget. */
static sn_error update_begin(void *ctx, sn_update what, uint32_t size) {
    return fails(FAULTS, SN_FAULT_STORAGE) ? SN_ERR_STORAGE : MACHINES(update_begin)(ITS_CTX, what, size);
}

static sn_error update_write(void *ctx, const uint8_t *data, uint32_t length) {
    return fails(FAULTS, SN_FAULT_STORAGE) ? SN_ERR_STORAGE : MACHINES(update_write)(ITS_CTX, data, length);
}

static sn_error update_end(void *ctx, const uint8_t sha256[32]) {
    return fails(FAULTS, SN_FAULT_STORAGE) ? SN_ERR_STORAGE : MACHINES(update_end)(ITS_CTX, sha256);
}

static sn_error update_confirm(void *ctx, sn_update what) {
    return fails(FAULTS, SN_FAULT_STORAGE) ? SN_ERR_STORAGE : MACHINES(update_confirm)(ITS_CTX, what);
}

static void crash(void *ctx) {
    MACHINES(crash)(ITS_CTX);
}

static void hang(void *ctx) {
    MACHINES(hang)(ITS_CTX);
}

void sn_faults_init(sn_faults *faults, const sn_port *machine) {
    *faults = (sn_faults){
        .machine = machine,
        .port =
            {
                .ctx = faults,
                .now_us = now_us,
                .random_u32 = random_u32,
                .restart = restart,
                .hmac_sha256 = hmac_sha256,
                .console_write = console_write,
                .console_baud = console_baud,
                .figure = figure,
                .next_stack = next_stack,
                .slot_size = slot_size,
                .slot_read = slot_read,
                .slot_sha256 = slot_sha256,
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
                .crash = crash,
                .hang = hang,
            },
    };
}

void sn_faults_arm(sn_faults *faults, sn_fault what, uint32_t after) {
    faults->of[what].is_armed = true;
    faults->of[what].after = after;
}

uint32_t sn_faults_armed(const sn_faults *faults) {
    uint32_t count = 0;
    for (size_t i = 0; i < SN_FAULT_KINDS; i++) {
        count += faults->of[i].is_armed;
    }
    return count;
}

bool sn_faults_invoked(sn_faults *faults) {
    bool it_fails = faults->invoke_fails;
    faults->invoke_fails = false;
    return it_fails;
}

uint64_t sn_faults_deadline(const sn_faults *faults) {
    return faults->full != SN_VIA_NONE ? faults->writable_at : UINT64_MAX;
}

sn_via sn_faults_timer(sn_faults *faults, uint64_t now) {
    sn_via via = SN_VIA_NONE;
    if (now >= sn_faults_deadline(faults)) {
        via = faults->full;
        faults->full = SN_VIA_NONE;
    }
    return via;
}

#endif
