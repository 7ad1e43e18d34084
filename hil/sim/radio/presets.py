# SPDX-License-Identifier: MIT
"""What the simulated links are like, with the source of every number. Pure.

No preset loses, doubles, reorders or jitters: that is asked for by a file (``link_file.py``).
``python -m hil.sim.radio.presets`` prints the table of docs/performance.md.
"""

from dataclasses import dataclass, replace

from hil.protocol import BODY_OVERHEAD, HEADER_SIZE
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.radio.link import LinkDirection, LinkParameters


def _air_rate(goodput_kbps: int, packet_bytes: int, overhead_bytes: int) -> int:
    """Return the rate at which full packets, headers included, make this goodput."""
    return goodput_kbps * (packet_bytes + overhead_bytes) // packet_bytes


# Headers of one Wi-Fi packet in bytes: 802.11 QoS data 26, FCS 4, LLC/SNAP 8 (IEEE 802.11-2020, 9.2
# and 9.3.2.1), IPv4 20 (RFC 791), TCP 20 (RFC 9293) or UDP 8 (RFC 768).
_WIFI_HEADERS = 26 + 4 + 8 + 20
_TCP_OVERHEAD = _WIFI_HEADERS + 20
_UDP_OVERHEAD = _WIFI_HEADERS + 8

_MSS = 1_440
"""CONFIG_LWIP_TCP_MSS, ESP-IDF's default."""

_UDP_PAYLOAD = 1_472
"""What Ethernet's 1,500 bytes leave to UDP; the largest frame of docs/protocol.md, section 1.5."""

# Wi-Fi, station and access point in one room. Goodput: ESP-IDF Programming Guide, Wi-Fi Driver, "up
# to 20 MBit/s TCP throughput and 30 MBit/s UDP throughput over the air" (iperf example, "Air In
# Lab").
_TCP_GOODPUT_KBPS = 20_000
_UDP_GOODPUT_KBPS = 30_000

# Fitted, not measured: what the published 3.2 ms of the activation over UDP (see PUBLISHED) leave
# when the 1.5 ms of its four datagrams are taken away. Both protocols cross the same driver, stack
# and radio.
_WIFI_LATENCY_US = 1_700

# ESP-NOW: 1 Mbit/s is its default rate, 250 bytes its largest body (ESP-IDF Programming Guide, ESP-
# NOW). At 1 Mbit/s a byte takes 8 us, so times are given in bytes. Frame around the body, from the
# guide's table of the format: MAC header 24, category 1, organization 3, random 4, element 7, FCS
# 4.
_ESPNOW_FRAME = 24 + 1 + 3 + 4 + 7 + 4
# DSSS PHY (IEEE 802.11-2020, clause 15): long preamble and PLCP header 192 us; SIFS 10 us and an
# acknowledgement of 14 bytes with its own preamble; DIFS 50 us; the mean back-off, 15.5 slots of 20
# us.
_ESPNOW_AIR_US = 192 + (10 + 192 + 14 * 8) + 50 + 310

# Bluetooth Core Specification 5.4, vol. 6 part B, 2.1 and 4.1 (LE 1M: a byte takes 8 us): preamble
# 1, access address 4, header 2, CRC 3; then T_IFS 150 us, the receiver's empty packet 80 us, T_IFS.
# L2CAP 4 and ATT 3 bytes of headers are in each packet: vol. 3 parts A and F.
_BLE_HEADERS = 1 + 4 + 2 + 3 + 4 + 3
_BLE_TURN_US = 150 + 80 + 150
# Linux asks for 30 to 50 ms unless told otherwise (net/bluetooth/hci_core.c, le_conn_min_interval
# 0x18).
_BLE_INTERVAL_US = 30_000

# An estimate, for driver and task switches at both ends.
_DRIVER_LATENCY_US = 500

PRESETS = {
    "tcp": LinkParameters(
        rate_kbps=_air_rate(_TCP_GOODPUT_KBPS, _MSS, _TCP_OVERHEAD),
        latency_us=_WIFI_LATENCY_US,
        packet_bytes=_MSS,
        overhead_bytes=_TCP_OVERHEAD,
    ),
    "udp": LinkParameters(
        rate_kbps=_air_rate(_UDP_GOODPUT_KBPS, _UDP_PAYLOAD, _UDP_OVERHEAD),
        latency_us=_WIFI_LATENCY_US,
        packet_bytes=_UDP_PAYLOAD,
        overhead_bytes=_UDP_OVERHEAD,
    ),
    "espnow": LinkParameters(
        rate_kbps=1_000,
        latency_us=_DRIVER_LATENCY_US,
        packet_bytes=250,
        overhead_bytes=_ESPNOW_FRAME + _ESPNOW_AIR_US // 8,
    ),
    "ble": LinkParameters(
        rate_kbps=1_000,
        latency_us=_DRIVER_LATENCY_US,
        packet_bytes=244,  # one ATT value with an MTU of 247, which fills a packet of 251 bytes
        overhead_bytes=_BLE_HEADERS + _BLE_TURN_US // 8,
        interval_us=_BLE_INTERVAL_US,
    ),
}
"""Parameters of each link, by its name in ``via=``."""


def unshaped(parameters: LinkParameters) -> LinkParameters:
    """Return parameters without any delay; losses and the like stay."""
    return replace(parameters, rate_kbps=0, latency_us=0, jitter_us=0, interval_us=0)


ACTIVATION_BYTES = 5_488
"""The original system's activation: int8, 1x7x7x112, after block_16_project."""

PUBLISHED = {
    "tcp": "-",
    "udp": "3.2 ms; round trip with inference 5.8 s",
    "espnow": "round trip with inference 3.7 s",
    "ble": "round trip with inference over 10 s",
}
"""arXiv 2507.16594v1, abstract. Its "5.66 kB" are 5,488 bytes and 42 of headers for each of four
datagrams, it seems; no transfer time but that over UDP is in it."""


@dataclass(frozen=True)
class Prediction:
    """What a link makes of the original's activation.

    Attributes:
        via: name of the link.
        frames: in how many frames the message crosses.
        wire_bytes: of all of them, as ``wire`` in docs/protocol.md, section 2.5.
        transfer_us: from handing it to the driver to its last byte's arrival.
        published: what is published of the original.
    """

    via: str
    frames: int
    wire_bytes: int
    transfer_us: float
    published: str


def predictions(links: dict[str, LinkParameters] | None = None) -> list[Prediction]:
    """Return for each link how long it takes to carry the activation, no packet being lost.

    Args:
        links: parameters by name; the presets if not given.
    """
    return [_predict(via, parameters) for via, parameters in (links or PRESETS).items()]


def _predict(via: str, parameters: LinkParameters) -> Prediction:
    body = BODY_OVERHEAD + ACTIVATION_BYTES
    if via == "tcp":
        sizes = [4 + HEADER_SIZE + body]
        _, arrival = LinkDirection(replace(parameters, loss=0.0)).stream(0, sizes[0], 0)
        time = arrival / CYCLES_PER_US
    else:
        step = parameters.packet_bytes - HEADER_SIZE
        sizes = [HEADER_SIZE + min(step, body - start) for start in range(0, body, step)]
        time = _packets_us(parameters, sizes)
    return Prediction(via, len(sizes), sum(sizes), time, PUBLISHED[via])


def _packets_us(parameters: LinkParameters, sizes: list[int]) -> float:
    """Return when the last of these packets arrives, on the average where there are intervals."""
    airtime = [parameters.cycles(size) / CYCLES_PER_US for size in sizes]
    interval = parameters.interval_us
    if not interval:
        return sum(airtime) + parameters.latency_us
    events, used = 0, 0.0
    for time in airtime:
        if used and used + time > interval:
            events, used = events + 1, 0.0
        used += time
    return interval / 2 + events * interval + used + parameters.latency_us


def table(links: dict[str, LinkParameters] | None = None) -> str:
    """Return the predictions as a Markdown table."""
    rows = [
        f"| {p.via} | {p.frames} | {p.wire_bytes:,} | {p.transfer_us / 1000:.2f} ms |"
        f" {p.published} |"
        for p in predictions(links)
    ]
    head = "| link | frames | bytes | simulated transfer | published (arXiv 2507.16594) |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())
