/* SPDX-License-Identifier: MIT */
/* UDP: one datagram, one frame. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lwip/sockets.h"

#include "links.h"

#define FRAME 1472u /* what Ethernet's 1,500 bytes leave */

static int fd = -1;
static struct sockaddr_in peer;

static void end(void) {
    if (fd >= 0) {
        hil_loop_unwatch(fd);
        close(fd);
        fd = -1;
    }
}

static uint64_t on_readable(sn_node *node, int from, bool readable, bool writable) {
    static uint8_t frame[FRAME];
    (void)readable, (void)writable;
    struct sockaddr_in sender;
    socklen_t size = sizeof sender;
    const ssize_t length = recvfrom(from, frame, sizeof frame, 0, (struct sockaddr *)&sender, &size);
    if (length >= 0) {
        const sn_source source = {.address = (uint64_t)ntohl(sender.sin_addr.s_addr) << 16 | ntohs(sender.sin_port)};
        return sn_node_on_receive(node, SN_VIA_UDP, &source, frame, (size_t)length);
    }
    if (errno == EAGAIN) {
        return sn_node_on_timer(node);
    }
    end();
    return hil_link_report(node, SN_VIA_UDP, SN_ERR_EDGE_LOST, "the UDP socket has broken", strerror(errno));
}

static uint64_t begin(sn_node *node, uint32_t address, uint16_t port) {
    const bool is_tail = address == INADDR_ANY;
    const struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = is_tail ? htons(port) : 0};
    peer = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = address};
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof own) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        hil_loop_watch(fd, false, on_readable) != ESP_OK) {
        const char *why = strerror(errno);
        end();
        return hil_link_report(node, SN_VIA_UDP, SN_ERR_EDGE_UNREACHABLE, "UDP could not be opened", why);
    }
    return hil_link_report(node, SN_VIA_UDP, SN_OK, "", NULL);
}

static int32_t send_frame(uint64_t to, const uint8_t *data, size_t length) {
    struct sockaddr_in address = peer;
    if (to != 0) {
        address.sin_port = htons((uint16_t)to);
        address.sin_addr.s_addr = htonl((uint32_t)(to >> 16));
    }
    if (sendto(fd, data, length, 0, (struct sockaddr *)&address, sizeof address) >= 0) {
        return (int32_t)length;
    }
    /* What passes; select() does not tell when. lwIP's -1 is a Wi-Fi driver that takes nothing just now. */
    if (errno == ENOMEM || errno == EAGAIN || errno == ENOBUFS || errno == -1) {
        hil_link_writable_soon(SN_VIA_UDP);
        return 0;
    }
    hil_link_tell(SN_VIA_UDP, SN_ERR_EDGE_LOST, "a datagram could not be sent", strerror(errno));
    end();
    return -1;
}

const link_driver hil_udp_driver = {.begin = begin, .close = end, .send = send_frame, .most = FRAME};
