/* SPDX-License-Identifier: MIT */
/* What comes over the serial line: any bytes, binary frames, requests, an update. */
#include <stdio.h>
#include <string.h>

#include "console/chunk.h"
#include "fuzz.h"
#include "sha256.h"
#include "test.h"
#include "updates.h"

/* Pieces of any bytes, and time between them. */
static void any_bytes(fuzz_input *input) {
    fake_port *fake = fuzz_board(input);
    while (input->left != 0) {
        if (fuzz_byte(input) % 16 == 15) {
            fuzz_event(fake, input);
        }
        sn_bytes piece = fuzz_bytes(input, 1200);
        for (uint32_t at = 0; at < piece.length; at++) { /* each byte alone, for its output to be looked at */
            fake->deadline = sn_node_on_console(fake->node, &piece.data[at], 1);
            if (piece.data[at] == '\r' || piece.data[at] == '\n' || piece.data[at] == 0) {
                fuzz_look(fake);
            }
        }
        fuzz_look(fake);
    }
    fuzz_end(fake);
}

/* Binary frames behind requests that announce them. */
static void chunks(fuzz_input *input) {
    fake_port *fake = fuzz_board(input);
    while (input->left != 0) {
        uint32_t what = fuzz_below(input, 8);
        if (what < 5) {
            fuzz_chunk(fake, input);
        } else if (what == 5) {
            fuzz_event(fake, input);
        } else {
            fuzz_request(fake, input);
        }
    }
    fuzz_end(fake);
}

/* Requests and a peer that answers them over TCP, in any order. */
static void requests(fuzz_input *input) {
    fake_port *fake = fuzz_board(input);
    while (input->left != 0) {
        uint32_t what = fuzz_below(input, 8);
        if (what < 4) {
            fuzz_request(fake, input);
        } else if (what < 6) {
            fuzz_event(fake, input);
        } else if (fake->via == SN_VIA_TCP) {
            uint8_t frame[FUZZ_FRAME + 4];
            size_t length = fuzz_stream_frame(input, fake, &frame[4]);
            sn_put_u32(frame, (uint32_t)length);
            fake_receive(fake, frame, length + 4);
            fuzz_look(fake);
        } else {
            fuzz_chunk(fake, input);
        }
    }
    fuzz_end(fake);
}

static const char *const kinds[] = {"app", "model"};

/* An update of content that is right but for what the input changes, in chunks of the input's lengths. */
static void update(fuzz_input *input) {
    fake_port *fake = fuzz_board(input);
    uint32_t what = fuzz_below(input, 2);
    uint32_t size = what == 0 ? 1 + fuzz_u16(input) % UPDATE_APP_SIZE : UPDATE_MODEL_SIZE;
    if (what == 0) {
        update_make_app();
    } else {
        update_make_model();
    }
    fake->update_begin_fails = fuzz_below(input, 16) == 1 ? SN_ERR_STORAGE : SN_OK;
    fake->update_write_fails = fuzz_below(input, 16) == 1 ? SN_ERR_UPDATE_INVALID : SN_OK;
    fake->update_end_fails = fuzz_below(input, 16) == 1 ? SN_ERR_STORAGE : SN_OK;
    for (uint32_t changes = fuzz_below(input, 4); changes != 0; changes--) {
        update_content[fuzz_u16(input) % size] ^= fuzz_byte(input);
    }
    fake_type(fake, update_announcement(kinds[what], size));
    fuzz_look(fake);
    if (fuzz_below(input, 4) == 0) {
        update_content[fuzz_u16(input) % size] ^= 1; /* damaged on its way */
    }
    uint32_t at = 0;
    while (input->left != 0 && at < size) {
        uint8_t encoded[SN_CHUNK_ENCODED];
        uint32_t jump = fuzz_below(input, 64);
        uint32_t length = 1 + fuzz_u16(input) % SN_CHUNK_DATA;
        length = length < size - at ? length : size - at;
        sn_chunk chunk = {.type = SN_CHUNK_UPDATE, .offset = at, .data = {&update_content[at], length}};
        chunk.offset += jump == 1 ? fuzz_u32(input) : 0;
        fake->deadline = sn_node_on_console(fake->node, encoded, sn_chunk_encode(&chunk, encoded));
        fuzz_look(fake);
        at += jump == 1 ? 0 : length;
        if (jump == 2) {
            fuzz_request(fake, input);
        } else if (jump == 3) {
            fuzz_event(fake, input);
        }
    }
    fuzz_end(fake);
}

const fuzz_target fuzz_console = {"console", any_bytes};
const fuzz_target fuzz_chunks = {"chunks", chunks};
const fuzz_target fuzz_requests = {"requests", requests};
const fuzz_target fuzz_update = {"update", update};
