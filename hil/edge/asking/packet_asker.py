# SPDX-License-Identifier: MIT
"""Asking over a packet link by the real clock."""

import socket
import time
from collections.abc import Sequence
from typing import Protocol

from hil.errors import EdgeError
from hil.host.secret import Unseen
from hil.protocol import Message, ProtocolError
from hil.protocol.asking import Asking
from hil.transport.udp import FRAME_LIMIT

OTHER_KEY = (
    "auth: the edge server has another key than this side, or none; give both the same one "
    "(--key-file)."
)
"""Of an edge server that answers HELLO with ERROR ``auth``."""

_LIMIT = 1 << 24


class Channel(Protocol):
    """A packet link to one peer, as its asking side sees it.

    Attributes:
        frame_limit: largest frame in bytes, header included.
    """

    frame_limit: int

    def send(self, frames: Sequence[bytes]) -> None:
        """Send frames in order."""

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next frame, or None if none comes in time."""

    def close(self) -> None:
        """End it."""


class UdpChannel:
    """A connected UDP socket.

    Attributes:
        socket: that socket.

    Raises:
        EdgeError: the address cannot be reached.
    """

    frame_limit = FRAME_LIMIT

    def __init__(self, address: tuple[str, int]) -> None:
        try:
            family = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0][0]
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            self.socket.connect(address)
        except OSError as error:
            raise EdgeError(
                f"{address[0]}:{address[1]} cannot be reached over UDP ({error}); "
                "check the address."
            ) from error

    def send(self, frames: Sequence[bytes]) -> None:
        """Send datagrams; one that cannot leave is as good as lost."""
        for frame in frames:
            try:
                self.socket.send(frame)
            except ConnectionRefusedError:
                self.socket.send(frame)  # the refusal was of an earlier one

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next datagram, or None if none comes in time."""
        self.socket.settimeout(max(timeout_s, 1e-6))
        try:
            return self.socket.recv(1 << 16)
        except (TimeoutError, ConnectionRefusedError):
            return None

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


class PacketAsker:
    """Asks one question at a time; blocking.

    Attributes:
        frame_limit: of the channel.
        asking: the protocol's state, with its counters.

    Args:
        channel: the link; closed with this.
        key: of both sides, 16 bytes; without one nothing is authenticated.
    """

    def __init__(self, channel: Channel, key: Unseen | None = None) -> None:
        self.frame_limit = channel.frame_limit
        self.asking = Asking(channel.frame_limit, _LIMIT, key)
        self._channel = channel

    def ask(self, message: Message) -> Message:
        """Send a request and return its answer.

        Raises:
            EdgeError: there is none in time.
            ProtocolError: with a key, before HELLO has been answered.
        """
        asking, channel = self.asking, self._channel
        channel.send(asking.ask(message, _now_us()))
        while (answer := asking.answer) is None:
            deadline = asking.deadline
            if deadline is None or asking.failed:
                if asking.lacks_key:
                    raise EdgeError(OTHER_KEY)
                raise EdgeError(
                    "The edge server does not answer; check that it runs and can be reached."
                )
            frame = channel.receive((deadline - _now_us()) / 1e6)
            try:
                now = _now_us()
                out = asking.on_timer(now) if frame is None else asking.receive(frame, now)
            except ProtocolError:
                continue
            channel.send(out)
        return answer

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()


def _now_us() -> int:
    return time.monotonic_ns() // 1000
