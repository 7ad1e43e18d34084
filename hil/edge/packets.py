# SPDX-License-Identifier: MIT
"""Boards that talk in packets: over UDP, ESP-NOW and BLE."""

import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Callable

from hil.edge.runner import TailRunner
from hil.edge.session import EdgeSession, Inference
from hil.protocol import HEADER_SIZE, FrameHeader, Message, ProtocolError
from hil.protocol.answering import Answering
from hil.transport.packet import PacketTransport

log = logging.getLogger("hil.edge")

MAX_PEERS = 64
"""Sessions of boards kept at once; for one more the one that has been idle longest goes."""

SMALLEST_LIMIT = 1 << 17
"""Longest payload that is accepted whatever the tail takes, in bytes; ECHO may be that long."""

_MAX_WAITING = 4
"""Messages of one board that wait while its tail runs; of more the oldest goes."""

Done = Callable[[], None]


class PacketService:
    """Answers the frames of any number of boards on any number of packet links.

    A board is an address and a session: one that restarts is another one. What it can make the
    server hold is bounded: :data:`MAX_PEERS` sessions, each with one unfinished message, one
    answer, and a few messages that wait for the tail.

    Args:
        runner: runs the tail.
        counters: frames and messages, under the names of docs/protocol.md, section 2.4.
    """

    def __init__(self, runner: TailRunner, counters: Counter[str]) -> None:
        self._runner = runner
        self._counters = counters
        self._peers: OrderedDict[tuple[PacketTransport, str, int], _Peer] = OrderedDict()

    def received(self, transport: PacketTransport, address: str, frame: bytes, done: Done) -> None:
        """Take a frame; call ``done`` once all that is said in reply has been given to `send`."""
        self._counters["rx_frames"] += 1
        self._counters["rx_bytes"] += len(frame)
        try:
            if len(frame) > transport.frame_limit:
                raise ProtocolError("length", f"A frame of {len(frame)} bytes is too long.")
            header = FrameHeader.parse(frame[:HEADER_SIZE])
        except ProtocolError as error:
            self._counters["rx_bad_frame"] += 1
            log.debug("%s %s: %s", transport.kind, address, error)
            done()
            return
        peer = self._peer(transport, address, header.session)
        if peer is None:
            done()
        else:
            peer.received(frame, done)

    def lost(self, transport: PacketTransport, address: str, reason: str) -> None:
        """Forget a board whose link is gone."""
        for key in [key for key in self._peers if key[:2] == (transport, address)]:
            self._forget(key, reason)

    def forget(self, transport: PacketTransport) -> None:
        """Forget the boards of a transport that has been closed."""
        for key in [key for key in self._peers if key[0] is transport]:
            self._forget(key, "the link was closed")

    def close(self) -> None:
        """Forget every board."""
        for key in list(self._peers):
            self._forget(key, "the edge server ends")

    def _peer(self, transport: PacketTransport, address: str, session: int) -> "_Peer | None":
        key = (transport, address, session)
        peer = self._peers.get(key)
        if peer is not None:
            self._peers.move_to_end(key)
            return peer
        if len(self._peers) >= MAX_PEERS:
            idle = next((key for key, each in self._peers.items() if not each.busy), None)
            if idle is None:
                self._counters["rx_unexpected"] += 1
                log.warning("%s %s ignored: %d tails wait", transport.kind, address, MAX_PEERS)
                return None
            self._forget(idle, "others have been heard since")
        self._counters["connections"] += 1
        peer = self._peers[key] = _Peer(transport, address, session, self._runner, self._counters)
        log.info("%s connected", peer.name)
        return peer

    def _forget(self, key: tuple[PacketTransport, str, int], reason: str) -> None:
        peer = self._peers.pop(key)
        log.info("%s forgotten: %s; it sent %s", peer.name, reason, peer.summary())
        peer.close()
