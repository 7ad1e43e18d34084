# SPDX-License-Identifier: MIT
"""A virtual board's UDP: a bounded driver queue in front of the air, then the host or a board."""

import functools

from hil.protocol import ErrorCode
from hil.sim.ip.udp_address import pack_address, unpack_address
from hil.sim.ip.udp_host import HostSocket
from hil.sim.radio.antenna import Antenna
from hil.sim.radio.lan import Lan
from hil.sim.radio.peripheral import LINK_DOWN, OK

FRAME_LIMIT = 1_472
"""What Ethernet's 1,500 bytes leave."""

QUEUE = 32
"""CONFIG_ESP_WIFI_DYNAMIC_TX_BUFFER_NUM of ESP-IDF: datagrams that have not left yet."""

EPHEMERAL_PORT = 49_152
"""The port of a board that listens on none."""


class UdpRadio:
    """The link of kind udp of one board: one socket at a time.

    Datagrams to an address of the lab's network go to the board that has it, all others to the
    host.
    """

    frame_limit = FRAME_LIMIT

    def __init__(self, antenna: Antenna) -> None:
        self._antenna = antenna
        self._lan = antenna.air.shared(Lan)
        self._up = antenna.direction("udp", "up")
        self._is_open = False
        self._own = 0
        self._peer = 0
        self._host: HostSocket | None = None
        self._queued = 0
        self._blocked = False

    def open(self, host: str, port: int) -> int:
        """Send to `host` by default, or listen on `port` where it is empty."""
        antenna = self._antenna
        if not antenna.joined:
            return ErrorCode.WIFI
        self.close()
        self._is_open = True
        own_port = EPHEMERAL_PORT if host else port
        self._own = pack_address(antenna.board.ip, own_port)
        self._peer = pack_address(host, port) if Lan.has(host) else 0
        self._lan.bind(antenna.board.ip, own_port, self)
        if host and not Lan.has(host):
            self._host = HostSocket(antenna, host, port)
        else:
            antenna.clock.at(antenna.now(), self._opened)
        return OK

    def close(self) -> None:
        """Close the socket."""
        self._lan.release(self)
        self._is_open = self._blocked = False
        if self._host is not None:
            self._host.close()
            self._host = None

    def send(self, to: int, data: bytes, now: int) -> int:
        """Queue a datagram, unless the queue is full."""
        if not self._is_open or not (to or self._peer or self._host):
            return LINK_DOWN
        if self._queued >= QUEUE:
            self._blocked = True
            return 0
        clock = self._antenna.clock
        left, arrivals = self._up.datagram(now, len(data))
        self._queued += 1
        clock.at(left, self._left)
        arrive = functools.partial(self._arrived, self._host, to or self._peer, data)
        for arrival in arrivals:
            clock.at(arrival, arrive)
        return len(data)

    def take(self, data: bytes, source: int) -> None:
        """Take a datagram of another board."""
        if self._antenna.joined:
            self._antenna.receive(data, source)

    def _opened(self) -> None:
        if self._is_open:
            self._antenna.link()

    def _left(self) -> None:
        self._queued -= 1
        if self._blocked:
            self._blocked = False
            self._antenna.writable()

    def _arrived(self, host: HostSocket | None, address: int, data: bytes) -> None:
        if not self._antenna.joined:
            return  # the access point is gone, and nobody tells a sender of datagrams
        if host is not None:
            host.deliver(data)
        elif radio := self._lan.find(*unpack_address(address), UdpRadio):
            radio.take(data, self._own)
