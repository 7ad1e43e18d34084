/* SPDX-License-Identifier: MIT */
#include "updates.h"

#include <stdio.h>
#include <string.h>

#include "sha256.h"

uint8_t update_content[FAKE_SLOT];

void update_make_app(void) {
    for (uint32_t i = 0; i < UPDATE_APP_SIZE; i++) {
        update_content[i] = (uint8_t)(i * 13);
    }
}

void update_make_model(void) {
    fake_port *fake = fake_new();
    fake_write_slot(fake, SN_ROLE_HEAD);
    memcpy(update_content, fake->slot, UPDATE_MODEL_SIZE);
    fake_free(fake);
}

const char *update_announcement(const char *what, uint32_t size) {
    static char line[160];
    uint8_t digest[32];
    sha256(update_content, size, digest);
    int length = snprintf(line, sizeof line, "update what=%s size=%u sha256=", what, size);
    for (size_t i = 0; i < sizeof digest; i++) {
        length += snprintf(&line[length], sizeof line - (size_t)length, "%02x", digest[i]);
    }
    return line;
}
