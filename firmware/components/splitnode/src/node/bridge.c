/* SPDX-License-Identifier: MIT */
#include "node/bridge.h"

#include "node/peer.h"
#include "node/report.h"
#include "node/state.h"

static sn_error begin(sn_node *node, uint8_t channel, sn_reason *why) {
    if (node->link.state != SN_LINK_DOWN || node->work.state != NODE_WORK_IDLE) {
        return sn_reason_set(why, SN_ERR_BUSY, "a link or an inference is under way: end it by link state=down");
    }
    return sn_gateway_begin(&node->gateway, channel, why);
}

static const char *role_name(const sn_node *node) {
    return node->gateway.active ? "gateway" : sn_role_name(node->slot.role);
}

sn_error sn_node_request_role(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *set = sn_pairs_get(&request->arguments, "set");
    uint8_t channel = 0;
    sn_error code = sn_node_parse_channel(request, &channel, why);
    if (code != SN_OK) {
        return code;
    }
    if (set != NULL && sn_equal(set, "gateway")) {
        code = begin(node, channel, why);
    } else if (set != NULL && sn_equal(set, "model")) {
        if (node->gateway.active) {
            sn_gateway_stop(&node->gateway);
        }
    } else if (set != NULL) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "set is gateway or model");
    }
    if (code == SN_OK) {
        sn_text_pair(answer, "role", role_name(node));
    }
    return code;
}

static void up(void *owner) {
    sn_node_report_link(owner, SN_VIA_ESPNOW, SN_OK, NULL);
}

static void down(void *owner, sn_error code, const char *text) {
    sn_node_report_link(owner, SN_VIA_ESPNOW, code, text);
}

const sn_gateway_events sn_node_gateway_events = {.up = up, .down = down};
