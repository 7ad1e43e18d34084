# SPDX-License-Identifier: MIT
"""Boards that talk in packets: over UDP, ESP-NOW and BLE."""

from collections import Counter, OrderedDict

from hil.edge.hearing import Hearing
from hil.edge.log import log
from hil.edge.peer import Done, PacketPeer, new_answerer
from hil.edge.runner import TailRunner
from hil.protocol import HEADER_SIZE, ErrorCode, FrameHeader, MessageType, ProtocolError
from hil.protocol.packet import refusal, single_frame
from hil.transport.impairment.packets import ImpairedPackets

MAX_PEERS = 64
"""Sessions of boards kept at once; for one more the one that has been idle longest goes."""

Key = tuple[ImpairedPackets, str, int]
"""A board's link, its address there, and the session of its run."""


class PacketService:
    """Answers the frames of any number of boards on any number of packet links.

    A board that restarts is another one. What boards can make the server hold is bounded:
    :data:`MAX_PEERS` sessions, each with one unfinished message, one answer, and a few messages
    that wait for the tail.

    Args:
        runner: runs the tail.
        counters: frames and messages, under the names of docs/protocol.md, section 2.4.
        hearing: is told why frames are dropped and who greets.
    """

    def __init__(
        self, runner: TailRunner, counters: Counter[str], hearing: Hearing | None = None
    ) -> None:
        self._runner = runner
        self._hearing = hearing or Hearing()
        self._counters = counters
        self._peers: OrderedDict[Key, PacketPeer] = OrderedDict()

    def received(self, transport: ImpairedPackets, address: str, frame: bytes, done: Done) -> None:
        """Take a frame; ``done`` is called once all that is said in reply was given to `send`."""
        try:
            if len(frame) > transport.frame_limit:
                raise ProtocolError("length", f"A frame of {len(frame)} bytes is too long.")
            header = FrameHeader.parse(frame[:HEADER_SIZE])
            peer = self._peer((transport, address, header.session), header.type)
            if peer is not None:
                peer.received(frame, done)
                return
            # Its board was greeted by an earlier server, or has been forgotten by this one.
            frames = _to_stranger(transport, header, frame)
        except ProtocolError as error:
            self._counters["rx_bad_crc" if error.reason == "crc" else "rx_bad_frame"] += 1
            self._hearing.drop(str(error))
            log.debug("%s %s: %s", transport.kind, address, error)
        else:
            self._counters["rx_unexpected"] += 1
            transport.send(address, frames)
        done()

    def lost(self, transport: ImpairedPackets, address: str, reason: str) -> None:
        """Forget a board whose link is gone."""
        for key in [key for key in self._peers if key[:2] == (transport, address)]:
            self._forget(key, reason)

    def forget(self, transport: ImpairedPackets) -> None:
        """Forget the boards of a transport that has been closed."""
        for key in [key for key in self._peers if key[0] is transport]:
            self._forget(key, "the link was closed")

    def drop(self) -> int:
        """Drop the connection to every board as an impairment does; return how many there were."""
        boards = {key[:2] for key in self._peers}
        for transport, address in boards:
            transport.drop(address)
        return len(boards)

    def close(self) -> None:
        """Forget every board."""
        for key in list(self._peers):
            self._forget(key, "the edge server ends")

    def _peer(self, key: Key, kind: MessageType) -> PacketPeer | None:
        """Return the board of this key; a board is new by its HELLO."""
        peer = self._peers.get(key)
        if peer is not None:
            self._peers.move_to_end(key)
            return peer
        transport, address, session = key
        if kind is not MessageType.HELLO:
            return None
        if len(self._peers) >= MAX_PEERS:
            idle = next((key for key, each in self._peers.items() if not each.busy), None)
            if idle is None:
                log.warning("%s %s refused: %d tails wait", transport.kind, address, MAX_PEERS)
                return None
            self._forget(idle, "others have been heard since")
        self._counters["connections"] += 1
        peer = self._peers[key] = PacketPeer(
            transport, address, self._runner, self._counters, self._hearing
        )
        log.info("%s connected, session %08x", peer.name, session)
        return peer

    def _forget(self, key: Key, reason: str) -> None:
        peer = self._peers.pop(key)
        counts = " ".join(f"{name}={count}" for name, count in sorted(peer.counts.items()))
        log.info("%s disconnected, session %08x: %s (%s)", peer.name, key[2], reason, counts)
        peer.close()


def _to_stranger(transport: ImpairedPackets, header: FrameHeader, frame: bytes) -> list[bytes]:
    """Return what to say to a board that has not greeted."""
    if transport.selective_repeat:
        return new_answerer(transport, 0).receive(frame)[0]
    text = "The edge server does not know this session; greet again."
    return [single_frame(refusal(header, ErrorCode.EDGE_LOST, text))] if header.is_last else []
