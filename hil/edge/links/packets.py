# SPDX-License-Identifier: MIT
"""Boards that talk in packets: over UDP, ESP-NOW and BLE."""

import functools
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from hil.edge.hearing import Hearing
from hil.edge.links.member import Member
from hil.edge.links.peer import Done, PacketPeer, new_answerer
from hil.edge.links.peers import Peers
from hil.edge.log import log
from hil.edge.runner import TailRunner
from hil.edge.session import EdgeSession
from hil.host.secret import Unseen
from hil.protocol import (
    HEADER_SIZE,
    ErrorCode,
    Flags,
    FrameHeader,
    Message,
    MessageType,
    ProtocolError,
)
from hil.protocol.auth import ForeignError
from hil.protocol.codes import DamagedError
from hil.protocol.greeting.admission import Admission
from hil.protocol.greeting.greeting import Greeting, no_common_key
from hil.protocol.greeting.keyring import Keyring
from hil.protocol.packet import refusal, single_frame
from hil.transport.impairment.packets import ImpairedPackets

_Place = tuple[ImpairedPackets, str]
"""A link, and an address there."""


class _Door(NamedTuple):
    """What is kept of a HELLO with a tag until its session begins: what decides, and its answer."""

    session: EdgeSession
    frame: bytes


class PacketService:
    """Answers the frames of any number of boards on any number of packet links.

    A board that restarts is another one. What boards can make the server hold is bounded:
    :data:`~hil.edge.links.peers.MAX_PEERS` sessions, each with one unfinished message, one answer,
    and a few messages that wait for the tail. Boards that have shown a key have so many of their
    own, where nobody else can take their place.

    Args:
        runner: runs the tail.
        counters: frames and messages, under the names of docs/protocol.md, section 2.4.
        hearing: is told why frames are dropped and who greets.
        keyring: the keys of boards that have one.
    """

    def __init__(
        self,
        runner: TailRunner,
        counters: Counter[str],
        hearing: Hearing | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self._runner = runner
        self._hearing = hearing or Hearing()
        self._counters = counters
        self._keyring = keyring or Keyring()
        self._keyless: Peers[tuple[ImpairedPackets, str, int]] = Peers()
        self._members: Peers[_Place] = Peers()
        self._admission: Admission[_Place, _Door] = Admission(self._keyring)

    def received(self, transport: ImpairedPackets, address: str, frame: bytes, done: Done) -> None:
        """Take a frame; ``done`` is called once all that is said in reply was given to `send`."""
        try:
            if len(frame) > transport.frame_limit:
                raise ProtocolError("length", f"A frame of {len(frame)} bytes is too long.")
            header = FrameHeader.parse(frame[:HEADER_SIZE])
        except ProtocolError as error:
            self._dropped(transport, address, error, known=self._keyring.takes_keyless)
            done()
            return
        try:
            if Flags.AUTHENTICATED in header.flags or not self._keyring.takes_keyless:
                peer, frames = self._tagged(transport, address, header, frame)
            else:
                peer, frames = self._untagged(transport, address, header, frame)
            if peer is not None:
                peer.received(frame, done)
                return
        except ForeignError as error:
            self._dropped(transport, address, error, known=False)
            self._to_stranger(transport, address, header, len(frame))
            frames = []
        except ProtocolError as error:
            self._dropped(transport, address, error, known=True)
            frames = []
        if frames:
            transport.send(address, frames)
        done()

    def _to_stranger(
        self, transport: ImpairedPackets, address: str, header: FrameHeader, size: int
    ) -> None:
        """Say to a stranger's HELLO that there is no common key.

        Where nothing is sent again, a message that has lost a frame never comes to an end: its
        connection does.
        """
        if frames := _to_hello(header, size):
            transport.send(address, frames)
        elif not transport.selective_repeat:
            transport.disconnect(address)

    def lost(self, transport: ImpairedPackets, address: str, reason: str) -> None:
        """Forget a board whose link is gone."""
        self._forget(lambda link, there: (link, there) == (transport, address), reason)

    def forget(self, transport: ImpairedPackets) -> None:
        """Forget the boards of a transport that has been closed."""
        self._forget(lambda link, _: link is transport, "the link was closed")

    def forget_key(self, key: Unseen) -> None:
        """Forget the boards that came with a key that is over."""
        self._admission.forget_key(key)
        self._members.forget(lambda _, peer: peer.key == key, "it has another key now")

    def forget_keyless(self) -> None:
        """Forget the boards that came without a key."""
        self._keyless.forget(lambda _, __: True, "boards have keys now")

    def drop(self) -> int:
        """Drop the connection to every board as an impairment does; return how many there were."""
        boards = {key[:2] for peers in (self._keyless, self._members) for key in peers}
        for transport, address in boards:
            transport.drop(address)
        return len(boards)

    def close(self) -> None:
        """Forget every board."""
        self._forget(lambda _, __: True, "the edge server ends")

    def _forget(self, which: Callable[[ImpairedPackets, str], bool], reason: str) -> None:
        self._admission.forget(lambda place: which(*place))
        self._keyless.forget(lambda key, _: which(*key[:2]), reason)
        self._members.forget(lambda key, _: which(*key), reason)

    def _untagged(
        self, transport: ImpairedPackets, address: str, header: FrameHeader, frame: bytes
    ) -> tuple[PacketPeer | None, list[bytes]]:
        """Return whose frame this is, or what to say to a board that nobody knows."""
        key = (transport, address, header.session)
        peer = self._keyless.get(key)
        if peer is None and header.type is MessageType.HELLO and self._keyless.make_room():
            peer = PacketPeer(
                transport,
                address,
                header.session,
                self._runner,
                self._counters,
                EdgeSession(self._counters, transport.frame_limit, self._hearing),
            )
            self._keyless.add(key, peer)
            self._connected(peer)
        if peer is not None:
            return peer, []
        # Its board was greeted by an earlier server, or has been forgotten by this one.
        said = _to_stranger(transport, header, frame)
        self._counters["rx_unexpected"] += 1
        return None, said

    def _tagged(
        self, transport: ImpairedPackets, address: str, header: FrameHeader, frame: bytes
    ) -> tuple[PacketPeer | None, list[bytes]]:
        """Likewise where there are keys; raises ForeignError where a frame is made with none."""
        place = (transport, address)
        if header.type is MessageType.HELLO and Flags.ANSWER not in header.flags:
            answer = functools.partial(self._greeted, transport)
            half_open = self._admission.greet(place, header, frame, answer)
            if half_open is None:
                self._counters["rx_duplicate"] += 1
                return None, []
            transport.known(address, begun=False)
            return None, [half_open.answer.frame]
        begun = self._admission.find(place, header, frame)
        if begun is not None and self._members.make_room(place):
            self._admission.begin(begun)
            member = Member(begun.greeting, self._keyring)
            session = begun.answer.session
            peer = PacketPeer(
                transport, address, member.session, self._runner, self._counters, session, member
            )
            self._members.add(place, peer)
            transport.known(address, begun=True)
            self._connected(peer)
        known = self._members.get(place)
        if known is None:
            raise ForeignError("A frame belongs to no session that has begun.")
        return known, []

    def _greeted(self, transport: ImpairedPackets, greeting: Greeting) -> _Door:
        """Work out the answer to a HELLO with a tag."""
        hello = greeting.hello
        session = EdgeSession(self._counters, transport.frame_limit, self._hearing)
        outcome = session.receive(hello, self._runner.tail)
        assert isinstance(outcome, Message)
        return _Door(session, single_frame(greeting.answered(outcome), greeting.answer_key))

    def _connected(self, peer: PacketPeer) -> None:
        self._counters["connections"] += 1
        log.info("%s connected, session %08x", peer.name, peer.number)

    def _dropped(
        self, transport: ImpairedPackets, address: str, error: ProtocolError, *, known: bool
    ) -> None:
        """Count what is dropped: of a board that is `known`, or of a stranger."""
        name = f"{transport.kind} {address}"
        if not known:
            self._counters["rx_foreign"] += 1
            if self._hearing.foreign(name, str(error)):
                log.info("%s: dropped as foreign: %s", name, error)
            return
        self._counters["rx_bad_crc" if isinstance(error, DamagedError) else "rx_bad_frame"] += 1
        self._hearing.drop(str(error))
        log.debug("%s: %s", name, error)


def _to_hello(header: FrameHeader, size: int) -> list[bytes]:
    """Return what is said to a frame that was made with no key of this side."""
    if header.type is not MessageType.HELLO or Flags.ANSWER in header.flags:
        return []
    said = no_common_key(header, size)
    return [] if said is None else [single_frame(said)]


def _to_stranger(transport: ImpairedPackets, header: FrameHeader, frame: bytes) -> list[bytes]:
    """Return what to say to a board that has not greeted."""
    if transport.selective_repeat:
        return new_answerer(transport, 0).receive(frame)[0]
    text = "The edge server does not know this session; greet again."
    return [single_frame(refusal(header, ErrorCode.EDGE_LOST, text))] if header.is_last else []
