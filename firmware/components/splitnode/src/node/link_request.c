/* SPDX-License-Identifier: MIT */
#include "node/link_request.h"

#include "link/link.h"
#include "node/model.h"
#include "node/peer.h"
#include "node/report.h"
#include "node/state.h"

static sn_error parse_via(const sn_request *request, sn_via *via, sn_reason *why) {
    const char *name = sn_pairs_get(&request->arguments, "via");
    if (name == NULL || !sn_node_via_parse(name, via)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "via is the kind of link: tcp, udp, espnow or ble");
    }
    return SN_OK;
}

sn_error sn_node_need_link(sn_node *node, const sn_request *request, sn_reason *why) {
    sn_via via = SN_VIA_NONE;
    sn_error code = parse_via(request, &via, why);
    if (code != SN_OK) {
        return code;
    }
    if (!sn_link_is_up(&node->link, via)) {
        return sn_reason_set(why, SN_ERR_LINK_DOWN, "the link is not up: wait for its event after link state=up");
    }
    return SN_OK;
}

static sn_error open_link(sn_node *node, sn_via via, sn_reason *why) {
    const char *host = "";
    uint16_t port = 0;
    if (node->work.state != NODE_WORK_IDLE || node->echo.active) {
        return sn_reason_set(why, SN_ERR_BUSY, "the link is being opened or is in use");
    }
    sn_error code = sn_node_peer_address(node, via, &host, &port, why);
    return code == SN_OK ? sn_link_open(&node->link, via, host, port, why) : code;
}

static void close_on_request(sn_node *node) {
    if (!sn_link_close(&node->link, node->to_close)) {
        sn_node_report_link(node, node->to_close, SN_ERR_LINK_DOWN, "the link was down already");
    }
}

sn_error sn_node_request_link(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)answer;
    const char *state = sn_pairs_get(&request->arguments, "state");
    sn_via via = SN_VIA_NONE;
    sn_error code = parse_via(request, &via, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->gateway.active) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE,
                             "a gateway carries frames for its host only: end that by role set=model");
    }
    code = sn_node_need_model(node, why);
    if (code != SN_OK) {
        return code;
    }
    if (node->slot.role == SN_ROLE_FULL) {
        return sn_reason_set(why, SN_ERR_NOT_SUPPORTED_IN_ROLE, "role full needs no link");
    }
    if (state != NULL && sn_equal(state, "up")) {
        return open_link(node, via, why);
    }
    if (state == NULL || !sn_equal(state, "down")) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "state is up or down");
    }
    node->after_answer = close_on_request;
    node->to_close = via;
    return SN_OK;
}
