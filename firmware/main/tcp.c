/* SPDX-License-Identifier: MIT */
/* TCP: a head connects; a tail listens and serves one head at a time. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lwip/sockets.h"

#include "links.h"

static int peer = -1, listener = -1;
static bool is_connecting;

static void end(int *fd) {
    if (*fd >= 0) {
        hil_loop_unwatch(*fd);
        close(*fd);
        *fd = -1;
    }
}

static void close_all(void) {
    end(&peer);
    end(&listener);
}

static uint64_t lose(sn_node *node, const char *why) {
    const sn_error code = is_connecting ? SN_ERR_EDGE_UNREACHABLE : SN_ERR_EDGE_LOST;
    const char *text = is_connecting ? "no connection to the edge server" : "the connection to the peer ended";
    end(&peer);
    return hil_link_report(node, SN_VIA_TCP, code, text, why);
}

static uint64_t connected(sn_node *node) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(peer, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        return lose(node, strerror(error != 0 ? error : errno));
    }
    is_connecting = false;
    return hil_link_report(node, SN_VIA_TCP, SN_OK, "", NULL);
}

static loop_ready on_peer;

static bool prepare(int fd, bool write_too) {
    const int on = 1, idle_s = 3, interval_s = 1, probes = 3; /* a peer that vanished is found out within 6 s */
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes) == 0 &&
           fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && hil_loop_watch(fd, write_too, on_peer) == ESP_OK;
}

static uint64_t on_peer(sn_node *node, int fd, bool readable, bool writable) {
    static uint8_t piece[CONFIG_LWIP_TCP_MSS];
    (void)readable;
    if (is_connecting) {
        return writable && hil_loop_watch(fd, false, on_peer) == ESP_OK ? connected(node) : sn_node_on_timer(node);
    }
    if (writable) {
        return hil_loop_watch(fd, false, on_peer) == ESP_OK ? sn_node_on_writable(node, SN_VIA_TCP)
                                                            : lose(node, "the loop has no room to watch it");
    }
    const ssize_t length = recv(fd, piece, sizeof piece, 0);
    if (length > 0) {
        return sn_node_on_receive(node, SN_VIA_TCP, &(sn_source){0}, piece, (size_t)length);
    }
    if (length < 0 && errno == EAGAIN) {
        return sn_node_on_timer(node);
    }
    return lose(node, length == 0 ? "closed by the other side" : strerror(errno));
}

static uint64_t on_listener(sn_node *node, int fd, bool readable, bool writable) {
    uint8_t next;
    (void)readable, (void)writable;
    const ssize_t ahead = peer >= 0 ? recv(peer, &next, sizeof next, MSG_PEEK | MSG_DONTWAIT) : 1;
    if (ahead == 0 || (ahead < 0 && errno != EAGAIN)) {
        return lose(node, "closed by the other side"); /* what comes now is accepted in the next turn */
    }
    const int other = accept(fd, NULL, NULL);
    if (other >= 0 && (peer >= 0 || !prepare(other, false))) {
        close(other); /* busy with another head, or out of memory: it will try again */
    } else if (other >= 0) {
        peer = other;
        is_connecting = false;
        return hil_link_report(node, SN_VIA_TCP, SN_OK, "", NULL);
    }
    return sn_node_on_timer(node);
}

static uint64_t begin(sn_node *node, uint32_t address, uint16_t port) {
    const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = address};
    const int on = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool is_fine = fd >= 0;
    is_connecting = address != INADDR_ANY;
    *(is_connecting ? &peer : &listener) = fd;
    if (is_connecting) {
        is_fine = is_fine && prepare(fd, true) &&
                  (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS);
    } else {
        is_fine = is_fine && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                  bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0 &&
                  fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && hil_loop_watch(fd, false, on_listener) == ESP_OK;
    }
    if (!is_fine) {
        const char *why = strerror(errno);
        close_all();
        return hil_link_report(node, SN_VIA_TCP, SN_ERR_EDGE_UNREACHABLE, "TCP could not be opened", why);
    }
    return sn_node_on_timer(node);
}

static int32_t send_piece(uint64_t to, const uint8_t *data, size_t length) {
    (void)to;
    ssize_t taken = send(peer, data, length, MSG_DONTWAIT);
    if (taken < 0 && (errno == EAGAIN || errno == ENOMEM || errno == ENOBUFS)) {
        taken = 0;
    }
    if (taken < 0 || ((size_t)taken < length && hil_loop_watch(peer, true, on_peer) != ESP_OK)) {
        hil_link_tell(SN_VIA_TCP, SN_ERR_EDGE_LOST, "the connection to the peer ended", strerror(errno));
        end(&peer);
        return -1;
    }
    return (int32_t)taken;
}

const link_driver hil_tcp_driver = {.begin = begin, .close = close_all, .send = send_piece};
