/* SPDX-License-Identifier: MIT */
#include "node/peer.h"

#include <string.h>

#include "node/state.h"

#define CHANNELS 13u
#define TAIL_PORT 3333u /* where a tail listens if no port was named */

sn_error sn_node_request_edge(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *host = sn_pairs_get(&request->arguments, "host");
    const char *port = sn_pairs_get(&request->arguments, "port");
    uint32_t number = 0;
    if (host == NULL || strlen(host) < 1 || strlen(host) >= sizeof node->peer.edge_host) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "host is the edge server's name or address, 1 to 63 bytes");
    }
    if (port == NULL || !sn_parse_u32(port, &number) || number < 1 || number > UINT16_MAX) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "port is the edge server's port, 1 to 65535");
    }
    memcpy(node->peer.edge_host, host, strlen(host) + 1);
    node->peer.edge_port = (uint16_t)number;
    sn_text_pair(answer, "host", node->peer.edge_host);
    sn_text_pair_u64(answer, "port", node->peer.edge_port);
    return SN_OK;
}

sn_error sn_node_parse_channel(const sn_request *request, uint8_t *channel, sn_reason *why) {
    const char *text = sn_pairs_get(&request->arguments, "channel");
    uint32_t number = 1;
    if (text != NULL && (!sn_parse_u32(text, &number) || number < 1 || number > CHANNELS)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "channel is that of the radio, 1 to 13");
    }
    *channel = (uint8_t)number;
    return SN_OK;
}

/* An address of one station, as text in lower case. */
static bool copy_mac(char to[NODE_MAC_TEXT], const char *from) {
    if (strlen(from) != NODE_MAC_TEXT - 1) {
        return false;
    }
    for (size_t i = 0; i < NODE_MAC_TEXT; i++) {
        char c = from[i];
        bool is_separator = i % 3 == 2;
        if (c >= 'A' && c <= 'F') {
            c = (char)(c - 'A' + 'a');
        }
        bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (i == NODE_MAC_TEXT - 1 ? c != '\0' : is_separator ? c != ':' : !is_digit) {
            return false;
        }
        to[i] = c;
        to[i] = c;
    }
    bool is_odd = to[1] <= '9' ? (to[1] & 1) != 0 : (to[1] & 1) == 0;
    return !is_odd; /* odd: of a group */
}

sn_error sn_node_request_peer(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why) {
    const char *mac = sn_pairs_get(&request->arguments, "mac");
    uint8_t channel = 0;
    char text[NODE_MAC_TEXT] = "";
    if (mac != NULL && !copy_mac(text, mac)) {
        return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "mac is the other board's address, such as 02:00:00:4c:00:01");
    }
    sn_error code = sn_node_parse_channel(request, &channel, why);
    if (code != SN_OK) {
        return code;
    }
    memcpy(node->peer.mac, text, sizeof text);
    node->peer.channel = channel;
    sn_text_pair(answer, "mac", text[0] != '\0' ? text : "-");
    sn_text_pair_u64(answer, "channel", channel);
    return SN_OK;
}

sn_error sn_node_peer_address(const sn_node *node, sn_via via, const char **host, uint16_t *port, sn_reason *why) {
    const sn_node_peer *peer = &node->peer;
    bool is_head = node->slot.role == SN_ROLE_HEAD;
    *host = "";
    *port = 0;
    if (via == SN_VIA_TCP || via == SN_VIA_UDP) {
        if (is_head && peer->edge_port == 0) {
            return sn_reason_set(why, SN_ERR_BAD_ARGUMENT,
                                 "no edge server is known: name it by edge host=... port=...");
        }
        *host = is_head ? peer->edge_host : "";
        *port = peer->edge_port != 0 ? peer->edge_port : TAIL_PORT;
    } else if (via == SN_VIA_ESPNOW) {
        if (is_head && peer->mac[0] == '\0') {
            return sn_reason_set(why, SN_ERR_BAD_ARGUMENT, "no peer is known: name it by peer mac=... channel=...");
        }
        *host = is_head ? peer->mac : "";
        *port = peer->channel != 0 ? peer->channel : 1;
    } else if (is_head) {
        *host = peer->mac;
    }
    return SN_OK;
}
