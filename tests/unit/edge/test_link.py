# SPDX-License-Identifier: MIT
"""Flow control of one TCP connection, on a transport that only notes what it is told."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from hil.protocol import Flags, Message, MessageType, ProtocolError, pack_stream
from hil.transport.impairment.impairment import Impairment
from hil.transport.impairment.plan import Plan
from hil.transport.tcp import FrameLink

ECHO = pack_stream(Message(MessageType.ECHO, Flags.NONE, 1, 1, 0, b"payload"))


class Transport(asyncio.Transport):
    """Remembers the calls made."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.socket = socket.socket()

    def get_extra_info(self, name, default=None):
        return {"socket": self.socket, "peername": ("127.0.0.1", 9)}[name]

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def pause_reading(self):
        self.calls.append("pause")

    def resume_reading(self):
        self.calls.append("resume")

    def close(self):
        self.calls.append("close")

    def abort(self):
        self.calls.append("abort")


class Handler:
    """Remembers what it was told; holds the link at each frame if asked to."""

    def __init__(self, hold: bool) -> None:
        self.hold = hold
        self.frames = 0
        self.errors: list[ProtocolError] = []

    def connected(self, link):
        pass

    def received(self, link, frame):
        self.frames += 1
        if self.hold:
            link.hold()

    def failed(self, link, error):
        self.errors.append(error)

    def lost(self, link, reason):
        pass


@pytest.fixture
def on_link() -> Callable:
    """Runs a function with a link, its transport and its handler on an event loop."""

    def run(body, hold=False):
        async def main():
            handler, transport = Handler(hold), Transport()
            link = FrameLink(handler, 1000, patience_s=60)
            link.connection_made(transport)
            try:
                body(link, transport, handler)
            finally:
                link.connection_lost(None)
                transport.socket.close()

        asyncio.run(main())

    return run


def feed(link: FrameLink, data: bytes) -> None:
    link.get_buffer(-1)[: len(data)] = data
    link.buffer_updated(len(data))


def test_while_an_answer_is_worked_out_nothing_is_delivered_and_no_more_is_read(on_link):
    def body(link, transport, handler):
        feed(link, ECHO)
        assert (handler.frames, transport.calls) == (1, [])
        feed(link, ECHO + ECHO)
        assert (handler.frames, transport.calls) == (1, ["pause"])
        link.release()
        assert (handler.frames, transport.calls) == (2, ["pause"])
        link.release()
        assert (handler.frames, transport.calls) == (3, ["pause", "resume"])

    on_link(body, hold=True)


def test_what_an_impairment_puts_in_waits_for_answers_as_well(on_link):
    def body(link, transport, handler):
        link._switch.turn(Impairment(Plan(foreign=1)))
        feed(link, ECHO)
        assert handler.frames == 1
        feed(link, ECHO)
        link.release()
        assert handler.frames == 2
        link.release()
        link.release()
        assert handler.frames == 4
        assert link._frame_wait._timer is None

    on_link(body, hold=True)


def test_while_the_peer_does_not_take_its_answers_nothing_more_is_read(on_link):
    def body(link, transport, handler):
        link.pause_writing()
        feed(link, ECHO)
        assert (handler.frames, transport.calls) == (0, ["pause"])
        link.resume_writing()
        assert (handler.frames, transport.calls) == (1, ["pause", "resume"])

    on_link(body)


def test_each_frame_has_the_patience_for_itself(on_link):
    def body(link, transport, handler):
        feed(link, ECHO[:10])
        first = link._frame_wait._timer
        feed(link, ECHO[10:20])
        assert link._frame_wait._timer is first
        feed(link, ECHO[20:] + ECHO[:10])
        assert first.cancelled()
        assert link._frame_wait._timer is not first
        feed(link, ECHO[10:])
        assert link._frame_wait._timer is None

    on_link(body)


def test_after_a_bad_frame_what_was_sent_may_still_leave_and_nothing_more_is_delivered(on_link):
    def body(link, transport, handler):
        feed(link, ECHO + bytes(4) + ECHO)
        assert (handler.frames, transport.calls) == (1, ["close"])
        assert [error.reason for error in handler.errors] == ["prefix"]
        feed(link, ECHO)
        assert handler.frames == 1

    on_link(body)
