/* SPDX-License-Identifier: MIT */
/* Binary frames of the host, and the image's way into memory. */
#include "node/image.h"

#include "node/echo.h"
#include "node/model.h"
#include "node/report.h"
#include "node/state.h"
#include "node/update.h"

sn_error sn_node_request_image(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *size_text = sn_pairs_get(&request->arguments, "size");
    const char *crc_text = sn_pairs_get(&request->arguments, "crc");
    uint32_t size = 0;
    uint32_t crc = 0;
    if (size_text == NULL || !sn_parse_u32(size_text, &size)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "size is the number of bytes in the image");
    }
    if (crc_text == NULL || !sn_parse_hex(crc_text, 8, &crc)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "crc is the CRC-32 of the image in hexadecimal");
    }
    sn_error code = sn_node_need_model(node, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->slot.role == SN_ROLE_TAIL) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "role tail takes its input from the link");
    }
    if (size != node->slot.input.size) {
        sn_text text = sn_reason_begin(why, SN_ERR_IMAGE_SIZE);
        sn_text_add(&text, "the image has ");
        sn_text_add_u64(&text, size);
        sn_text_add(&text, " bytes and the model's input ");
        sn_text_add_u64(&text, node->slot.input.size);
        return sn_reason_end(why, &text);
    }
    if (sn_node_echo_uses_image(node)) {
        return sn_reason_set(why, SN_ERR_BUSY, "a round trip is under way and uses the image's memory");
    }
    sn_node_update_forget(node);
    sn_upload_begin(&node->upload, node->memory.image, size, crc);
    sn_text_pair_u64(answer, "chunk", SN_CHUNK_DATA);
    sn_text_pair_u64(answer, "window", SN_UPLOAD_WINDOW);
    return SN_OK;
}

static void report_next(sn_node *node) {
    sn_text line = sn_node_begin_event(node, "image");
    sn_text_pair_u64(&line, "next", node->upload.next);
    sn_node_end_line(node, &line);
}

static void report_failure(sn_node *node, sn_error code, const char *text) {
    sn_text line = sn_node_begin_event(node, "image");
    sn_node_add_failure(&line, "err", code, text);
    sn_node_end_line(node, &line);
}

/* Where the image goes on, or that it is complete, and how: what said so before may have been lost on the line. */
static void report(sn_node *node) {
    report_next(node);
    if (node->upload.state == SN_UPLOAD_STORED) {
        sn_text line = sn_node_begin_event(node, "image");
        sn_text_pair(&line, "state", "ok");
        sn_node_end_line(node, &line);
    }
}

/* What is not even a chunk may be noise, which nobody wants to hear of unless chunks are on the way. */
static void drop(sn_node *node, bool is_chunk) {
    node->stats.rx_bad_chunk++;
    if (node->gateway.active) {
        return; /* the next record's number tells what is missing */
    }
    if (node->update.state == NODE_UPDATE_RUNNING) {
        sn_node_update_report(node);
    } else if (node->upload.state == SN_UPLOAD_RUNNING || (is_chunk && node->upload.state == SN_UPLOAD_STORED)) {
        report(node);
    } else if (is_chunk) {
        report_failure(node, SN_ERR_NO_IMAGE, "a chunk came, but no image has been announced");
    }
}

/* What follows an update that has failed is only counted: it was on its way already. */
static void push_update(sn_node *node, const sn_chunk *chunk) {
    if (!sn_node_update_push(node, chunk)) {
        node->stats.rx_bad_chunk++;
        if (node->update.state != NODE_UPDATE_NONE) {
            sn_node_update_report(node);
        }
    }
}

void sn_node_handle_frame(sn_node *node, const uint8_t *data, size_t length) {
    sn_chunk chunk;
    bool is_sound = sn_chunk_unpack(&chunk, data, length);
    if (is_sound && chunk.type == SN_CHUNK_UPDATE) {
        push_update(node, &chunk);
        return;
    }
    if (is_sound && chunk.type != SN_CHUNK_IMAGE) {
        if (node->gateway.active) {
            sn_gateway_on_record(&node->gateway, &chunk);
        } else {
            node->stats.rx_bad_chunk++;
        }
        return;
    }
    if (!is_sound || !sn_upload_push(&node->upload, &chunk)) {
        drop(node, is_sound);
        return;
    }
    report(node);
    if (node->upload.state == SN_UPLOAD_CORRUPT) {
        report_failure(node, SN_ERR_IMAGE_CRC, "the image's CRC-32 is not the one announced: send it again");
    }
}

void sn_node_handle_bad_frame(sn_node *node) {
    drop(node, false);
}
