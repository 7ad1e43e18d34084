/* SPDX-License-Identifier: MIT */
/* One inference: the image through the head and the answer back, or an activation through the tail. */
#include "node/infer.h"

#include <string.h>

#include "base/crc.h"
#include "link/link.h"
#include "node/link_request.h"
#include "node/model.h"
#include "node/outcome.h"
#include "node/result.h"
#include "node/state.h"
#include "node/update.h"

/* Hands the input to the model. `start_us` has been taken. */
static sn_error start(sn_node *node, sn_bytes input, sn_reason *why) {
    sn_node_work *work = &node->work;
    work->output = (sn_bytes){0};
    work->abandoned = false;
    node->output_length = 0;
    sn_error code = node->port->input_load(node->port->ctx, input.data, input.length);
    if (code != SN_OK) {
        return sn_reason_set(why, code, "the input could not be given to the model");
    }
    work->loaded_us = sn_node_now(node);
    code = node->port->invoke(node->port->ctx);
    if (code != SN_OK) {
        return sn_reason_set(why, code, "the model could not be started");
    }
    work->state = NODE_WORK_INVOKING;
    return SN_OK;
}

static sn_error parse_arguments(sn_node *node, const sn_request *request, bool *want_output, sn_reason *why) {
    const char *output = sn_pairs_get(&request->arguments, "output");
    *want_output = output != NULL && output[0] == '1';
    if (output != NULL && (strlen(output) != 1 || (output[0] != '0' && output[0] != '1'))) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "output is 0 or 1");
    }
    sn_error code = sn_node_need_model(node, why);
    if (code != SN_OK) {
        return code;
    }
    switch (node->slot.role) {
    case SN_ROLE_HEAD:
        return sn_node_need_link(node, request, why);
    case SN_ROLE_FULL:
        if (sn_pairs_get(&request->arguments, "via") != NULL) {
            return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "role full sends nothing: leave via out");
        }
        return SN_OK;
    case SN_ROLE_TAIL:
    case SN_ROLE_NONE:
        break;
    }
    return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "role tail takes its input from the link");
}

sn_error sn_node_request_infer(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    uint64_t start_us = sn_node_now(node);
    bool want_output = false;
    sn_error code = parse_arguments(node, request, &want_output, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->work.state != NODE_WORK_IDLE || !sn_link_is_free(&node->link) || node->echo.active || node->read.active) {
        return sn_reason_set(why, SN_ERR_BUSY, "an inference, a round trip or a read is under way");
    }
    code = sn_node_need_no_update(node, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->upload.state == SN_UPLOAD_RUNNING) {
        return sn_reason_set(why, SN_ERR_BUSY, "an image is on its way to the board");
    }
    if (node->upload.state != SN_UPLOAD_STORED) {
        return sn_reason_set(why, SN_ERR_NO_IMAGE, "there is no image: send one with image");
    }
    node->work.start_us = start_us;
    node->work.want_output = want_output;
    code = start(node, (sn_bytes){node->upload.buffer, node->upload.size}, why);
    if (code != SN_OK) {
        return code;
    }
    node->work.message = sn_link_new_id(&node->link);
    sn_text_pair_u64(answer, "id", node->work.message);
    return SN_OK;
}

void sn_node_infer_activation(sn_node *node, const sn_header *header, const sn_body *body) {
    sn_reason why;
    sn_error code = SN_OK;
    uint64_t start_us = sn_node_now(node);
    if (body->model_id != node->slot.model_id) {
        code = sn_reason_set(&why, SN_ERR_MODEL_MISMATCH, "the activation comes from another model or cut");
    } else if (body->payload.length != node->slot.input.size) {
        code = sn_reason_set(&why, SN_ERR_TENSOR_SIZE, "the activation does not have the size of the tail's input");
    } else if (node->work.state != NODE_WORK_IDLE || node->read.active) {
        code = sn_reason_set(&why, SN_ERR_BUSY, "the tail is working on another activation or its output is read");
    } else if (sn_node_need_no_update(node, &why) != SN_OK) {
        code = why.code;
    } else {
        node->work.start_us = start_us;
        node->work.want_output = (header->flags & SN_FLAG_WANT_OUTPUT) != 0;
        node->work.message = header->message;
        node->work.input_crc = sn_crc32(0, body->payload.data, body->payload.length);
        code = start(node, body->payload, &why);
    }
    if (code != SN_OK) {
        sn_link_send_error(&node->link, header->message, code, why.text);
    }
}

/* Role tail and full: the output is the answer, and stays readable. */
static sn_node_result make_result(sn_node *node, uint64_t now) {
    sn_node_work *work = &node->work;
    memcpy(node->memory.output, work->output.data, work->output.length);
    node->output_length = work->output.length;
    work->output_crc = sn_crc32(0, work->output.data, work->output.length);
    sn_node_result result = {
        .input_crc = work->input_crc,
        .total_us = (uint32_t)(now - work->start_us),
        .invoke_us = (uint32_t)(work->invoked_us - work->loaded_us),
        .output_length = work->output.length,
        .output_crc = work->output_crc,
    };
    const sn_tensor *tensor = &node->slot.output;
    result.count = sn_top5(work->output.data, tensor->elements, tensor->dtype, result.top);
    return result;
}

void sn_node_infer_invoked(sn_node *node, sn_error code, const char *text, sn_bytes output) {
    sn_node_work *work = &node->work;
    if (work->state != NODE_WORK_INVOKING) {
        return;
    }
    work->invoked_us = sn_node_now(node);
    if (work->abandoned) {
        work->state = NODE_WORK_IDLE;
        return;
    }
    if (code == SN_OK && output.length != node->slot.output.size) {
        code = SN_ERR_TENSOR_SIZE;
        text = "the model's output does not have the size that the slot's header says";
    }
    sn_reason_set(&work->failure, code, text);
    if (code == SN_OK) {
        work->output = output;
    }
    if (node->slot.role == SN_ROLE_TAIL || (node->slot.role == SN_ROLE_HEAD && code == SN_OK)) {
        work->state = NODE_WORK_READY;
        if (node->slot.role == SN_ROLE_TAIL && !sn_link_has_stream(&node->link)) {
            sn_node_infer_send(node); /* on a packet link it can be made now, also while there is no connection */
        } else {
            sn_link_want(&node->link);
        }
        sn_link_go_on(&node->link);
        return;
    }
    work->state = NODE_WORK_IDLE;
    if (code != SN_OK) {
        sn_node_report_failure(node, code, work->failure.text);
    } else {
        sn_node_result result = make_result(node, work->invoked_us);
        sn_node_report_result(node, &result, work->invoked_us);
    }
}

static void send_activation(sn_node *node) {
    sn_node_work *work = &node->work;
    sn_link_send(&node->link, SN_FRAME_DATA, work->want_output ? SN_FLAG_WANT_OUTPUT : 0, work->message, work->output,
                 (sn_bytes){0});
}

void sn_node_infer_send(sn_node *node) {
    sn_node_work *work = &node->work;
    if (work->state != NODE_WORK_READY) {
        return; /* nobody waits for it any more */
    }
    if (node->slot.role == SN_ROLE_HEAD) {
        /* The CRC of the activation counts to stage `send`: a receiver cannot start before it is known. */
        work->output_crc = sn_crc32(0, work->output.data, work->output.length);
        work->state = NODE_WORK_SENDING;
        node->link.cost = (sn_link_cost){0};
        send_activation(node);
        return;
    }
    if (work->failure.code != SN_OK) {
        node->stats.infer_err++;
        work->state = NODE_WORK_IDLE;
        sn_link_send_error(&node->link, work->message, work->failure.code, work->failure.text);
        return;
    }
    sn_node_result result = make_result(node, sn_node_now(node));
    sn_node_result_pack(&result, node->slot.output.dtype, node->slot.classes, work->answer);
    if (sn_link_has_stream(&node->link)) {
        work->state = NODE_WORK_SENDING;
    } else { /* the answer is kept; whether it arrives is the head's concern */
        work->state = NODE_WORK_IDLE;
        node->stats.infer_ok++;
    }
    sn_link_send(&node->link, SN_FRAME_RESULT, SN_FLAG_ANSWER, work->message,
                 (sn_bytes){work->answer, NODE_RESULT_FIXED},
                 (sn_bytes){node->memory.output, work->want_output ? node->output_length : 0});
}

void sn_node_infer_sent(sn_node *node, uint32_t id) {
    sn_node_work *work = &node->work;
    if (work->state != NODE_WORK_SENDING || id != work->message) {
        return; /* another's, or the peer has refused it meanwhile */
    }
    work->sent_us = sn_node_now(node);
    if (node->slot.role == SN_ROLE_HEAD) {
        work->state = NODE_WORK_WAITING;
        work->deadline = work->sent_us + SN_LINK_PATIENCE_US;
    } else {
        work->state = NODE_WORK_IDLE;
        node->stats.infer_ok++;
    }
}

bool sn_node_infer_result(sn_node *node, const sn_header *header, const sn_body *body) {
    sn_node_work *work = &node->work;
    if (node->slot.role != SN_ROLE_HEAD || work->state != NODE_WORK_WAITING || header->message != work->message) {
        return false;
    }
    sn_node_result result;
    sn_bytes output = {0};
    work->state = NODE_WORK_IDLE;
    if (body->model_id != node->slot.model_id) {
        sn_node_report_failure(node, SN_ERR_MODEL_MISMATCH, "the RESULT comes from another model or cut");
        return true;
    }
    if (!sn_node_result_unpack(&result, body->payload, work->want_output, &output)) {
        sn_node_report_failure(node, SN_ERR_PROTOCOL, "the edge's RESULT breaks the protocol's specification");
        return true;
    }
    if (output.length > node->memory.output_capacity) {
        sn_node_report_failure(node, SN_ERR_TENSOR_SIZE, "the output vector is larger than the board's buffer");
        return true;
    }
    if (output.length != 0) {
        memcpy(node->memory.output, output.data, output.length);
    }
    node->output_length = output.length;
    sn_node_report_result(node, &result, sn_node_now(node));
    return true;
}

void sn_node_infer_link_lost(sn_node *node, sn_error code, const char *text) {
    sn_node_work *work = &node->work;
    if (work->state == NODE_WORK_IDLE || work->abandoned) {
        return;
    }
    if (work->state == NODE_WORK_INVOKING) {
        work->abandoned = true; /* the model cannot be stopped; nothing else can start before it ends */
    } else {
        work->state = NODE_WORK_IDLE;
    }
    if (node->slot.role == SN_ROLE_HEAD) {
        sn_node_report_failure(node, code, text);
    } else {
        node->stats.infer_err++;
    }
}

/* The head does not want the answer any more, or the peer refuses the activation. */
void sn_node_infer_refused(sn_node *node, uint32_t id, const sn_reason *reason) {
    sn_node_work *work = &node->work;
    bool owed = work->state == NODE_WORK_SENDING || work->state == NODE_WORK_WAITING;
    if (id != work->message) {
        return;
    }
    if (sn_node_is_tail(node)) {
        sn_node_infer_link_lost(node, reason->code, reason->text);
    } else if (node->slot.role == SN_ROLE_HEAD && owed) {
        work->state = NODE_WORK_IDLE;
        sn_node_report_failure(node, reason->code, reason->text);
    }
}

bool sn_node_infer_is_owed(const sn_node *node) {
    return node->work.state != NODE_WORK_IDLE && !node->work.abandoned;
}

void sn_node_infer_send_again(sn_node *node) {
    if (node->work.state == NODE_WORK_SENDING || node->work.state == NODE_WORK_WAITING) {
        send_activation(node);
    }
}

void sn_node_infer_timer(sn_node *node, uint64_t now) {
    if (node->work.state == NODE_WORK_WAITING && now >= node->work.deadline) {
        node->work.state = NODE_WORK_IDLE;
        sn_link_give_up(&node->link);
        sn_node_report_failure(node, SN_ERR_EDGE_TIMEOUT, "the edge server gave no answer within 10 s");
    }
}
