/* SPDX-License-Identifier: MIT */
/* A new application or model, on its way into the partition that is not in use. */
#include "node/update.h"

#include <string.h>

#include "base/crc.h"
#include "link/link.h"
#include "node/model.h"
#include "node/report.h"
#include "node/state.h"

static bool *trial_of(sn_node *node, sn_update what) {
    return what == SN_UPDATE_APP ? &node->app_on_trial : &node->model_on_trial;
}

static bool parse_what(const sn_request *request, sn_update *what) {
    const char *name = sn_pairs_get(&request->arguments, "what");
    *what = name != NULL && sn_equal(name, "model") ? SN_UPDATE_MODEL : SN_UPDATE_APP;
    return name != NULL && (sn_equal(name, "app") || sn_equal(name, "model"));
}

static bool parse_sha256(const char *hex, uint8_t sha256[32]) {
    if (hex == NULL || strlen(hex) != 64) {
        return false;
    }
    for (size_t i = 0; i < 32; i++) {
        const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        uint32_t byte = 0;
        if (!sn_parse_hex(digits, 2, &byte)) {
            return false;
        }
        sha256[i] = (uint8_t)byte;
    }
    return true;
}

static sn_error confirm(sn_node *node, sn_update what, sn_reason *why) {
    bool *on_trial = trial_of(node, what);
    if (!*on_trial) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "nothing of that kind runs on trial");
    }
    sn_error code = what == SN_UPDATE_MODEL ? sn_node_need_model(node, why) : SN_OK;
    if (code != SN_OK) {
        return code;
    }
    code = node->port->update_confirm(node->port->ctx, what);
    if (code != SN_OK) {
        return sn_reason_set(why, code, "what runs on trial could not be made permanent");
    }
    *on_trial = false;
    return SN_OK;
}

/* Is the board free to write its flash? */
static sn_error need_rest(sn_node *node, sn_update what, sn_reason *why) {
    if (*trial_of(node, what)) {
        return sn_reason_set(why, SN_ERR_BUSY, "what runs on trial comes first: confirm it, or go back by reboot");
    }
    if (node->model == NODE_MODEL_OPENING) {
        return sn_reason_set(why, SN_ERR_BUSY, "the model is still being opened");
    }
    if (node->work.state != NODE_WORK_IDLE || !sn_link_is_free(&node->link) || node->echo.active || node->read.active) {
        return sn_reason_set(why, SN_ERR_BUSY, "an inference, a round trip or a read is under way");
    }
    if (node->gateway.active) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "end the gateway first, by role set=model");
    }
    return SN_OK;
}

static sn_error begin(sn_node *node, const sn_request *request, sn_update what, sn_text *answer, sn_reason *why) {
    sn_node_update update = {.what = what};
    const char *size = sn_pairs_get(&request->arguments, "size");
    if (size == NULL || !sn_parse_u32(size, &update.size) || update.size == 0) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "size is the number of bytes that will come");
    }
    if (!parse_sha256(sn_pairs_get(&request->arguments, "sha256"), update.sha256)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "sha256 is the content's, in 64 hexadecimal digits");
    }
    if (what == SN_UPDATE_MODEL && update.size <= SN_SLOT_HEADER) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "a model comes behind its slot header of 4096 bytes");
    }
    sn_error code = need_rest(node, what, why);
    if (code != SN_OK) {
        return code;
    }
    node->update.state = NODE_UPDATE_NONE;
    code = node->port->update_begin(node->port->ctx, what, update.size);
    switch (code) {
    case SN_OK:
        break;
    case SN_ERR_UNSUPPORTED:
        return sn_reason_set(why, code, "the flash has only one partition of that kind");
    case SN_ERR_BAD_ARGUMENT:
        return sn_reason_set(why, code, "size is larger than the partition");
    default:
        return sn_reason_set(why, code, "the partition could not be prepared");
    }
    sn_upload_stop(&node->upload);
    update.state = NODE_UPDATE_RUNNING;
    node->update = update;
    sn_text_pair_u64(answer, "chunk", SN_CHUNK_DATA);
    sn_text_pair_u64(answer, "window", SN_UPLOAD_WINDOW);
    return SN_OK;
}

sn_error sn_node_request_update(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    sn_update what;
    if (!parse_what(request, &what)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "what is app or model");
    }
    const char *wanted = sn_pairs_get(&request->arguments, "confirm");
    if (wanted == NULL) {
        return begin(node, request, what, answer, why);
    }
    if (!sn_equal(wanted, "1") || request->arguments.count != 2) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "confirm is 1, and takes what and nothing else");
    }
    sn_error code = confirm(node, what, why);
    if (code == SN_OK) {
        sn_text_pair(answer, "what", what == SN_UPDATE_APP ? "app" : "model");
    }
    return code;
}

sn_error sn_node_need_no_update(sn_node *node, sn_reason *why) {
    if (node->update.state == NODE_UPDATE_RUNNING) {
        return sn_reason_set(why, SN_ERR_BUSY, "an update is on its way to the board");
    }
    return SN_OK;
}

void sn_node_update_forget(sn_node *node) {
    node->update.state = NODE_UPDATE_NONE;
}

static void report_ok(sn_node *node) {
    sn_text line = sn_node_begin_event(node, "update");
    sn_text_pair(&line, "state", "ok");
    sn_node_end_line(node, &line);
}

void sn_node_update_report(sn_node *node) {
    sn_text line = sn_node_begin_event(node, "update");
    sn_text_pair_u64(&line, "next", node->update.next);
    sn_node_end_line(node, &line);
    if (node->update.state == NODE_UPDATE_DONE) {
        report_ok(node);
    }
}

static const char *explain(sn_error code, const char *otherwise) {
    switch (code) {
    case SN_ERR_UPDATE_SHA256:
        return "what came does not have the SHA-256 that was announced: send it again";
    case SN_ERR_UPDATE_INVALID:
        return "what came is no application that this board can run";
    default:
        return otherwise;
    }
}

static void fail(sn_node *node, sn_error code, const char *text) {
    node->update.state = NODE_UPDATE_NONE;
    sn_text line = sn_node_begin_event(node, "update");
    sn_node_add_failure(&line, "err", code, text);
    sn_node_end_line(node, &line);
}

static void finish(sn_node *node) {
    sn_error code = node->port->update_end(node->port->ctx, node->update.sha256);
    if (code != SN_OK) {
        fail(node, code, explain(code, "what came could not be made the one to try"));
        return;
    }
    node->update.state = NODE_UPDATE_DONE;
    report_ok(node);
}

/* Follows a model's header as it passes; false once it is known to be none. */
static bool header_goes_on(sn_node_update *update, sn_bytes data) {
    for (uint32_t i = 0; i < data.length; i++) {
        uint32_t at = update->next + i;
        if (at < sizeof update->lead) {
            update->lead[at] = data.data[i];
        }
        if (at < SN_SLOT_HEADER - 4) {
            update->header_crc = sn_crc32(update->header_crc, &data.data[i], 1);
        } else if (at < SN_SLOT_HEADER) {
            update->header_end[at - (SN_SLOT_HEADER - 4)] = data.data[i];
        } else {
            break;
        }
    }
    if (update->next + data.length < SN_SLOT_HEADER) {
        return true;
    }
    return sn_get_u32(&update->lead[0]) == SN_SLOT_MAGIC && sn_get_u16(&update->lead[4]) == SN_SLOT_FORMAT &&
           sn_get_u32(&update->lead[8]) == update->size - SN_SLOT_HEADER &&
           sn_get_u32(update->header_end) == update->header_crc;
}

bool sn_node_update_push(sn_node *node, const sn_chunk *chunk) {
    sn_node_update *update = &node->update;
    if (update->state != NODE_UPDATE_RUNNING || chunk->offset != update->next || chunk->data.length == 0 ||
        chunk->data.length > update->size - update->next) {
        return false;
    }
    if (update->what == SN_UPDATE_MODEL && update->next < SN_SLOT_HEADER && !header_goes_on(update, chunk->data)) {
        fail(node, SN_ERR_UPDATE_INVALID, "what came is not a model slot's content of this format");
        return true;
    }
    sn_error code = node->port->update_write(node->port->ctx, chunk->data.data, chunk->data.length);
    if (code != SN_OK) {
        fail(node, code, explain(code, "the flash could not be written"));
        return true;
    }
    update->next += chunk->data.length;
    sn_node_update_report(node);
    if (update->next == update->size) {
        finish(node);
    }
    return true;
}
