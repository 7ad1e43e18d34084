# SPDX-License-Identifier: MIT
"""A virtual board's TCP: connecting to the host or to a board of the lab, or listening for one."""

from typing import Protocol

from hil.protocol import ErrorCode
from hil.sim.ip.tcp_host import HostConnection
from hil.sim.ip.tcp_lab import BoardConnection, BoardListener
from hil.sim.radio.antenna import Antenna
from hil.sim.radio.lan import Lan
from hil.sim.radio.peripheral import LINK_DOWN, OK


class Connection(Protocol):
    """What the firmware's link is at the moment."""

    def send(self, data: bytes, now: int) -> int:
        """See :meth:`hil.sim.radio.peripheral.Radio.send`."""

    def close(self) -> None:
        """Drop it; nothing more is told to the board."""

    def fade(self) -> None:
        """Carry nothing more: the network is gone, which the board's keep-alive finds out."""


class TcpRadio:
    """The link of kind tcp of one board: one connection at a time."""

    frame_limit = 0

    def __init__(self, antenna: Antenna) -> None:
        self._antenna = antenna
        self._lan = antenna.air.shared(Lan)
        self._connection: Connection | None = None

    def open(self, host: str, port: int) -> int:
        """Connect to `host`, or listen on `port` where it is empty."""
        if not self._antenna.joined:
            return ErrorCode.WIFI
        self.close()
        if not host:
            self._connection = BoardListener(self._antenna, self._lan, port)
        elif Lan.has(host):
            self._connection = BoardConnection(self._antenna, self._lan, host, port)
        else:
            self._connection = HostConnection(self._antenna, host, port)
        return OK

    def close(self) -> None:
        """Drop the connection, and listen no more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def fade(self) -> None:
        """Lose the network under the connection."""
        if self._connection is not None:
            self._connection.fade()

    def send(self, to: int, data: bytes, now: int) -> int:
        """Send a piece of the stream; `to` is always the connected peer."""
        return LINK_DOWN if self._connection is None else self._connection.send(data, now)
