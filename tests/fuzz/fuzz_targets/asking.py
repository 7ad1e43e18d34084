# SPDX-License-Identifier: MIT
"""The asking side of a packet link (hil/protocol/asking.py)."""

from collections.abc import Iterator

from fuzz_targets.choices import Choices, frames_of, headers
from hil.protocol import Asking, DataType, Flags, Hello, Message, MessageType, ProtocolError, Role

_SESSION = 0x5E551011
_KINDS = (MessageType.HELLO, MessageType.DATA, MessageType.ECHO)


def run(data: bytes) -> None:
    choices = Choices(data)
    side = Asking(250, 1700)
    now = identity = 0
    while choices.left:
        what = choices.below(8)
        if what == 0:
            identity += 1
            kind = _KINDS[choices.below(3)]
            payload = Hello(Role.HEAD, DataType.INT8, 250, 1600, 19).pack()
            if kind is not MessageType.HELLO:
                payload = b"x" * (choices.number(2) % 2000)
            out = side.ask(Message(kind, Flags.NONE, _SESSION, identity, 1, payload), now)
        elif what == 1:
            deadline = side.deadline
            now = max(now, now + choices.number(2) if deadline is None else deadline)
            out = side.on_timer(now)
        else:
            now += choices.number()
            out = []
            for frame in frames_of(choices, _SESSION, 234):
                try:
                    out += side.receive(frame, now)
                except ProtocolError:
                    continue
        assert all(each.session == _SESSION for each in headers(out))
        assert side.deadline is None or side.deadline >= 0


def seeds() -> Iterator[bytes]:
    yield bytes([0, 0, 2, 9, 0, 2, 0, 0, 150, 1, 1, 0, 0, 0, 1, 64, 6, 1, 1, 1])
