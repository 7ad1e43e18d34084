# SPDX-License-Identifier: MIT
"""A model of one direction of a packet link: serialization at a rate, then propagation. Pure."""

from dataclasses import dataclass

from hil.sim.clock import CYCLES_PER_US


@dataclass(frozen=True)
class LinkParameters:
    """What a link is like.

    Attributes:
        rate_kbps: bits that leave per millisecond, headers included.
        latency_us: from the last bit's leaving to its being handed to the receiver.
        packet_bytes: payload that one packet holds.
        overhead_bytes: header bytes of each packet.
    """

    rate_kbps: int
    latency_us: int
    packet_bytes: int
    overhead_bytes: int


# TCP over Wi-Fi, station and access point in one room. Rate: the "air in lab" TCP figure of
# ESP-IDF's Wi-Fi throughput table, 20 Mbit/s. Latency: what is left of the 3.2 ms that the authors
# of the original system measured for its 5,488-byte activation (arXiv 2507.16594) when 2.2 ms go to
# that rate. Packets: 1,440 bytes is lwIP's default TCP segment; 78 bytes are TCP, IP, LLC and
# 802.11 headers.
WIFI_TCP = LinkParameters(rate_kbps=20_000, latency_us=1_000, packet_bytes=1_440, overhead_bytes=78)


class LinkDirection:
    """One direction of a link, which sends one thing after the other."""

    def __init__(self, parameters: LinkParameters) -> None:
        self.parameters = parameters
        self._free_at = 0

    def send(self, now: int, length: int) -> tuple[int, int]:
        """Send `length` bytes.

        Args:
            now: simulated time (cycles) at which they are handed to the link.
            length: payload bytes.

        Returns:
            When the last byte has left, and when it is handed to the receiver (cycles).
        """
        p = self.parameters
        packets = -(-length // p.packet_bytes)
        bits = 8 * (length + packets * p.overhead_bytes)
        start = max(now, self._free_at)
        self._free_at = start + bits * 1000 * CYCLES_PER_US // p.rate_kbps
        return self._free_at, self._free_at + p.latency_us * CYCLES_PER_US
