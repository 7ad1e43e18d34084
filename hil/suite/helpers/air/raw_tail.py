# SPDX-License-Identifier: MIT
"""A tail that a test plays, frame by frame, towards a board in role head on ESP-NOW."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from hil.board.board import Board
from hil.board.link import request_up
from hil.board.station import ESPNOW_CHANNEL, Station
from hil.errors import BoardSilent
from hil.protocol import (
    HEADER_SIZE,
    Ack,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Reassembler,
    Role,
)
from hil.protocol.packet import ack_frame, parse_single_frame, single_frame
from hil.suite.helpers.air.raw_air import Heard, RawAir
from hil.suite.helpers.air.scripted_head import VIA, told
from hil.symptoms import Misbehaviour, expect
from hil.transport.espnow import FRAME_LIMIT

EVENT_S = 30.0
"""Real seconds for what the board says at the end of a message; its own patience is 10 s."""


NOBODY = "02:00:00:00:00:7e"
"""An address that no board has: each frame to it takes the radio as long as seven."""

SLOW = 8
"""Frames to nobody that take about 0.2 s together."""


class Asked(NamedTuple):
    """A frame of the head.

    Attributes:
        header: of it.
        frame: header and body.
        at_us: when it has come, by the gateway's clock.
    """

    header: FrameHeader
    frame: bytes
    at_us: int

    @property
    def is_poll(self) -> bool:
        """Whether it asks for an answer again."""
        return self.header.type is MessageType.ACK and Flags.ACK_REQUESTED in self.header.flags


class RawTail:
    """Hears what a head says, and says what it is told to.

    Args:
        air: this host's end.
        gateway: by whose address the head knows this tail.
        board: the head.
    """

    def __init__(self, air: RawAir, gateway: Station, board: Board) -> None:
        self.board = board
        self._air = air
        self._mac = board.info.mac
        self._address = gateway.info.mac

    def connect(self, silent: int = 0, *, slowly: bool = False) -> list[Asked]:
        """Open the link; return the HELLOs.

        Args:
            silent: how many of them are left without an answer first.
            slowly: whether the answer comes after frames on which the radio spends 0.2 s.
        """
        self._air.attend()
        console = self.board.console
        console.request("peer", mac=self._address, channel=ESPNOW_CHANNEL)
        request_up(console, VIA)
        hellos = [self.hear(MessageType.HELLO, "HELLO") for _ in range(silent + 1)]
        with _readable(hellos[-1].frame, "HELLO"):
            request = parse_single_frame(hellos[-1].header, hellos[-1].frame)
            own = replace(Hello.parse(request.payload), role=Role.TAIL, frame_limit=FRAME_LIMIT)
        if slowly:
            self._air.send(NOBODY, *[bytes(FRAME_LIMIT)] * SLOW)
        self.say(single_frame(request._replace(flags=Flags.ANSWER, payload=own.pack())))
        event = self.event("link", "the link to a tail that fits")
        expect(
            event.get("state") == "up",
            "unanswered",
            link=VIA,
            stage="HELLO, answered",
            expected="a link that is up",
            got=event,
        )
        return hellos

    def ask(self, size: int) -> str:
        """Have the head ask for an echo; return its number on the console."""
        self._air.attend()
        return self.board.console.request("rtt", via=VIA, size=size)["id"]

    def hear_any(self) -> Asked | None:
        """Return the next frame of the head, None if there is none."""
        while (heard := self._air.receive()) is not None:
            if heard.mac == self._mac:
                return _asked(heard)
        return None

    def take(self, together: Reassembler, asked: Asked, stage: str) -> Message | None:
        """Put a fragment to the others; return the message if that makes it whole."""
        with _readable(asked.frame, stage):
            return together.add(asked.frame)

    def rest(self) -> list[Asked]:
        """Return the frames of the head that nobody has heard yet."""
        return [_asked(heard) for heard in self._air.rest() if heard.mac == self._mac]

    def hear(self, kind: MessageType, stage: str, *, symptom: str = "loss-not-repaired") -> Asked:
        """Return the next frame of the head, which is to be of a kind."""
        asked = self.hear_any()
        expect(
            asked is not None and asked.header.type is kind,
            symptom,
            link=VIA,
            stage=stage,
            expected=kind.name,
            got="silence" if asked is None else told(asked.frame),
        )
        assert asked is not None
        return asked

    def say(self, *frames: bytes) -> None:
        """Send frames; what has been heard is dealt with."""
        self._air.send(self._mac, *frames)
        self._air.deal()

    def acknowledge(self, request: FrameHeader, ack: Ack) -> None:
        """Say what has come of a request."""
        self.say(ack_frame(request, Flags.ANSWER, ack))

    def event(self, name: str, stage: str, **match: str) -> dict[str, str]:
        """Return what the board says at the end of something."""
        self._air.ignore()
        try:
            return self.board.console.wait_event(name, EVENT_S, **match)
        except BoardSilent as silent:
            raise Misbehaviour(
                "wrong-patience", link=VIA, stage=stage, expected=f"! {name}", got="silence"
            ) from silent


def _asked(heard: Heard) -> Asked:
    with _readable(heard.frame, "a frame of the head"):
        return Asked(FrameHeader.parse(heard.frame[:HEADER_SIZE]), heard.frame, heard.at_us)


@contextlib.contextmanager
def _readable(frame: bytes, stage: str) -> Iterator[None]:
    """Name the symptom where what is read in a ``with`` block cannot be."""
    try:
        yield
    except ProtocolError as broken:
        raise Misbehaviour(
            "wrong-answer",
            link=VIA,
            stage=stage,
            expected="what docs/protocol.md says",
            got=f"{told(frame)} ({broken})",
        ) from broken


def echo_reply(header: FrameHeader, payload: bytes) -> Message:
    """Return the answer to an echo of which a fragment has come."""
    return Message(
        MessageType.ECHO_REPLY, Flags.ANSWER, header.session, header.message_id, 0, payload
    )
