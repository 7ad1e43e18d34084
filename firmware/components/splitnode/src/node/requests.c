/* SPDX-License-Identifier: MIT */
/* The verbs of the console. */
#include "node/requests.h"

#include <string.h>

#include "node/bridge.h"
#include "node/echo.h"
#include "node/image.h"
#include "node/infer.h"
#include "node/info.h"
#include "node/key.h"
#include "node/link_request.h"
#include "node/peer.h"
#include "node/provoke.h"
#include "node/read.h"
#include "node/report.h"
#include "node/request.h"
#include "node/state.h"
#include "node/update.h"

#define MOST_KEYS 4

typedef struct {
    const char *name;
    const char *keys[MOST_KEYS];
    sn_node_request *handle;
} verb;

static void switch_baud(sn_node *node) {
    node->port->console_baud(node->port->ctx, node->new_baud);
}

static sn_error request_baud(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *rate = sn_pairs_get(&request->arguments, "rate");
    if (rate == NULL || !sn_parse_u32(rate, &node->new_baud) || node->new_baud < 9600 || node->new_baud > 5000000) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "rate is the bits per second, 9600 to 5000000");
    }
    sn_text_pair_u64(answer, "rate", node->new_baud);
    node->after_answer = switch_baud;
    return SN_OK;
}

static sn_error request_wifi(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)answer;
    const char *ssid = sn_pairs_get(&request->arguments, "ssid");
    const char *password = sn_pairs_get(&request->arguments, "password");
    if (ssid == NULL && password == NULL) {
        sn_error code = node->port->wifi_join(node->port->ctx, "", "");
        return code == SN_OK ? SN_OK
                             : sn_reason_set(why, code, "no access point is stored on the board: name one by ssid");
    }
    if (password == NULL) {
        password = "";
    }
    if (ssid == NULL || strlen(ssid) < 1 || strlen(ssid) > 32) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "ssid is the name of the access point, 1 to 32 bytes");
    }
    if (strlen(password) != 0 && (strlen(password) < 8 || strlen(password) > 64)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "password has 8 to 64 bytes, or none for an open network");
    }
    sn_error code = node->port->wifi_join(node->port->ctx, ssid, password);
    return code == SN_OK ? SN_OK : sn_reason_set(why, code, "joining the access point could not be started");
}

static void restart(sn_node *node) {
    node->port->restart(node->port->ctx);
}

static sn_error request_reboot(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)request;
    (void)answer;
    (void)why;
    node->after_answer = restart;
    return SN_OK;
}

static sn_node_request request_help;

static const verb verbs[] = {
    {"help", {0}, request_help},
    {"info", {0}, sn_node_request_info},
    {"role", {"set", "channel"}, sn_node_request_role},
    {"baud", {"rate"}, request_baud},
    {"wifi", {"ssid", "password"}, request_wifi},
    {"edge", {"host", "port"}, sn_node_request_edge},
    {"peer", {"mac", "channel"}, sn_node_request_peer},
    {"key", {"value"}, sn_node_request_key},
    {"link", {"via", "state"}, sn_node_request_link},
    {"image", {"size", "crc"}, sn_node_request_image},
    {"infer", {"via", "output"}, sn_node_request_infer},
    {"read", {"what"}, sn_node_request_read},
    {"rtt", {"via", "size"}, sn_node_request_rtt},
    {"stats", {0}, sn_node_request_stats},
    {"update", {"what", "size", "sha256", "confirm"}, sn_node_request_update},
    {"reboot", {0}, request_reboot},
#ifdef SN_TEST_BUILD
    {"crash", {0}, sn_node_request_crash},
    {"hang", {0}, sn_node_request_hang},
    {"fail", {"what", "after"}, sn_node_request_fail},
    {"counter", {"name", "value"}, sn_node_request_counter},
#endif
};

#define VERBS (sizeof verbs / sizeof verbs[0])

static sn_error request_help(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    (void)node;
    (void)request;
    (void)why;
    char names[128];
    sn_text list;
    sn_text_init(&list, names, sizeof names);
    for (size_t i = 0; i < VERBS; i++) {
        sn_text_add(&list, i == 0 ? "" : " ");
        sn_text_add(&list, verbs[i].name);
    }
    sn_text_pair_bytes(answer, "verbs", names, list.length);
    return SN_OK;
}

static bool takes(const verb *known, const char *key) {
    for (size_t i = 0; i < MOST_KEYS; i++) {
        if (known->keys[i] != NULL && sn_equal(known->keys[i], key)) {
            return true;
        }
    }
    return false;
}

static sn_error refuse_verb(const char *name, sn_reason *why) {
#ifndef SN_TEST_BUILD
    static const char *const of_test_builds[] = {"crash", "hang", "fail", "counter"};
    for (size_t i = 0; i < sizeof of_test_builds / sizeof of_test_builds[0]; i++) {
        if (sn_equal(of_test_builds[i], name)) {
            return sn_reason_set(why, SN_ERR_UNSUPPORTED, "only a test build has this verb: flash one");
        }
    }
#else
    (void)name;
#endif
    return sn_reason_set(why, SN_ERR_UNKNOWN_VERB, "there is no such verb: try help");
}

static sn_error handle(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const verb *known = NULL;
    for (size_t i = 0; i < VERBS; i++) {
        if (sn_equal(verbs[i].name, request->verb)) {
            known = &verbs[i];
        }
    }
    if (known == NULL) {
        return refuse_verb(request->verb, why);
    }
    for (size_t i = 0; i < request->arguments.count; i++) {
        if (!takes(known, request->arguments.at[i].key)) {
            return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "the verb has no argument of that name");
        }
    }
    return known->handle(node, request, answer, why);
}

static void refuse(sn_node *node, const sn_request *request, sn_error code, const char *text) {
    sn_text line = sn_node_begin_answer(node, request, "err");
    sn_node_add_failure(&line, NULL, code, text);
    sn_node_end_line(node, &line);
}

void sn_node_handle_line(sn_node *node, char *line) {
    sn_request request;
    const char *unreadable = NULL;
    sn_error code = sn_request_parse(&request, line, &unreadable);
    if (code != SN_OK) {
        refuse(node, &request, code, unreadable);
        return;
    }
    sn_reason why;
    node->after_answer = NULL;
    sn_text answer = sn_node_begin_answer(node, &request, "ok");
    code = handle(node, &request, &answer, &why);
    if (code != SN_OK) {
        refuse(node, &request, code, why.text);
        return;
    }
    sn_node_end_line(node, &answer);
    if (node->after_answer != NULL) {
        node->after_answer(node);
    }
}

void sn_node_refuse_long_line(sn_node *node) {
    refuse(node, &(sn_request){0}, SN_ERR_SYNTAX, "the line has more than 512 bytes");
}
