/* SPDX-License-Identifier: MIT */
/* A fake machine with a node on it: its memory, its model slot, its start. */
#include "fake_port.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "sha256.h"
#include "test.h"

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
    fake_port_init(fake);
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

void fake_start(fake_port *fake) {
    fake->opened = 0;
    if (fake->node == NULL) {
        fake->node = fresh_memory(sn_node_size());
    }
    fake->deadline = sn_node_init(fake->node, &fake->port, &fake->identity, &fake->memory);
}

void fake_boot(fake_port *fake) {
    fake_start(fake);
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
