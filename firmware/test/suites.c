/* SPDX-License-Identifier: MIT */
/* What the program of tests holds. */
#include <stddef.h>

#include "test.h"

extern const test_suite reason, link, link_lost, gateway, arq, crc, cobs, mac, frame, message, reassembly, stream, text,
    requests, console, chunk, upload, topk, slot, result, node_console, node_head, node_link, node_tail, node_full,
    node_packets, node_asking, node_answering, node_heads, node_echo, node_ether, node_gateway, node_update, noise,
    silence, interruptions, input, node_reconnecting, node_trial, noise_reassembly, provoke, faults, auth, link_keyed,
    link_foreign, link_strangers, link_replay, link_connections, node_key, link_plain;

const test_suite *const test_suites[] = {&reason,       &link,
                                         &link_lost,    &gateway,
                                         &arq,          &crc,
                                         &cobs,         &mac,
                                         &frame,        &message,
                                         &reassembly,   &stream,
                                         &text,         &requests,
                                         &console,      &chunk,
                                         &upload,       &topk,
                                         &slot,         &result,
                                         &node_console, &node_head,
                                         &node_link,    &node_tail,
                                         &node_full,    &node_packets,
                                         &node_asking,  &node_answering,
                                         &node_heads,   &node_echo,
                                         &node_ether,   &node_gateway,
                                         &node_update,  &noise,
                                         &silence,      &interruptions,
                                         &input,        &node_reconnecting,
                                         &node_trial,   &noise_reassembly,
                                         &provoke,      &faults,
                                         &auth,         &link_keyed,
                                         &link_foreign, &link_strangers,
                                         &link_replay,  &link_connections,
                                         &node_key,     &link_plain,
                                         NULL};
