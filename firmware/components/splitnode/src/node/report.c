/* SPDX-License-Identifier: MIT */
/* Lines to the host. */
#include "node/report.h"

#include "link/link.h"
#include "node/state.h"

static sn_text begin(sn_node *node) {
    sn_text line;
    sn_text_init(&line, node->line, sizeof node->line - SN_TEXT_SEAL);
    return line;
}

static void write_line(sn_node *node, const sn_text *line) {
    node->port->console_write(node->port->ctx, (const uint8_t *)line->buffer, line->length);
}

sn_text sn_node_begin_log(sn_node *node, char level) {
    sn_text line = begin(node);
    sn_text_add_bytes(&line, &level, 1);
    sn_text_add(&line, " (");
    sn_text_add_u64(&line, sn_node_now(node) / 1000);
    sn_text_add(&line, ") splitnode: ");
    return line;
}

void sn_node_end_log(sn_node *node, sn_text *line) {
    line->capacity += SN_TEXT_SEAL;
    line->overflow = false;
    sn_text_add(line, "\r\n");
    write_line(node, line);
}

sn_text sn_node_begin_event(sn_node *node, const char *name) {
    sn_text line = begin(node);
    sn_text_add(&line, "! ");
    sn_text_add(&line, name);
    return line;
}

sn_text sn_node_begin_answer(sn_node *node, const sn_request *request, const char *word) {
    sn_text line = begin(node);
    if (request->has_id) {
        sn_text_add(&line, "#");
        sn_text_add_u64(&line, request->id);
        sn_text_add(&line, " ");
    }
    sn_text_add(&line, word);
    return line;
}

void sn_node_end_line(sn_node *node, sn_text *line) {
    sn_text_seal(line);
    write_line(node, line);
}

void sn_node_add_failure(sn_text *line, const char *state, sn_error code, const char *text) {
    if (state != NULL) {
        sn_text_pair(line, "state", state);
    }
    sn_text_pair(line, "code", sn_error_name(code));
    sn_text_pair(line, "msg", text);
}

void sn_node_add_cost(sn_text *line, const sn_link_cost *cost) {
    sn_text_pair_u64(line, "frames", cost->frames);
    sn_text_pair_u64(line, "resent", cost->resent);
    sn_text_pair_u64(line, "wire", cost->wire);
}

void sn_node_report_link(sn_node *node, sn_via via, sn_error code, const char *text) {
    sn_text line = sn_node_begin_event(node, "link");
    sn_text_pair(&line, "via", sn_node_via_name(via));
    if (code == SN_OK) {
        sn_text_pair(&line, "state", "up");
    } else {
        sn_node_add_failure(&line, "down", code, text);
    }
    sn_node_end_line(node, &line);
}

const char *sn_node_via_name(sn_via via) {
    switch (via) {
    case SN_VIA_TCP:
        return "tcp";
    case SN_VIA_UDP:
        return "udp";
    case SN_VIA_ESPNOW:
        return "espnow";
    case SN_VIA_BLE:
        return "ble";
    case SN_VIA_NONE:
        break;
    }
    return "none";
}

bool sn_node_via_parse(const char *name, sn_via *via) {
    static const sn_via all[] = {SN_VIA_TCP, SN_VIA_UDP, SN_VIA_ESPNOW, SN_VIA_BLE};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (sn_equal(sn_node_via_name(all[i]), name)) {
            *via = all[i];
            return true;
        }
    }
    return false;
}
