# SPDX-License-Identifier: MIT
"""The board's end of one exchange, and what it has come to. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from hil.host.secret import Unseen
from hil.planning.transfer.processor import ProcessorCost
from hil.protocol import DataType, Flags, Hello, Message, MessageType, Role
from hil.protocol.auth import KEY_SIZE, NONCE_SIZE
from hil.protocol.greeting.greeting import Greeting
from hil.sim.clock.clock import CYCLES_PER_US, SimClock

SESSION = 1
GREETING = Greeting(
    Unseen(b"\1" * KEY_SIZE),
    Message(
        MessageType.HELLO,
        Flags.NONE,
        SESSION,
        0,
        0,
        Hello(Role.HEAD, DataType.INT8, 0xFFFF, 1, 1).pack(),
    ),
    bytes(NONCE_SIZE),
    bytes(NONCE_SIZE),
)
"""What a link is authenticated by, as all are; which key it is makes no difference to any time."""
KEY = GREETING.session_key

RESULT_BYTES = 72
"""Payload of a RESULT without the output vector (docs/protocol.md, section 1.4)."""

PATIENCE_US = 60_000_000
"""Simulated time after which an exchange that does not end is given up; the board's own patience,
10 s after the last fragment was first sent, is over long before."""


class Exchanged(NamedTuple):
    """What an exchange has come to.

    Attributes:
        transfer_us: both ways without the tail's side's own time, as ``transfer`` of an inference.
        frames: that the board has handed to its driver.
        wire_bytes: in these frames, headers included, lower layers' not.
    """

    transfer_us: int
    frames: int
    wire_bytes: int


class Processor:
    """The board's processor, which does one thing after the other.

    Args:
        clock: simulated time.
        cost: what things take.
    """

    def __init__(self, clock: SimClock, cost: ProcessorCost) -> None:
        self.cost = cost
        self._clock = clock
        self._busy_until = clock.now

    def run(self, call: Callable[[], None]) -> None:
        """Make a call now, or as soon as the one before it has ended."""
        if self._busy_until > self._clock.now:
            self._clock.at(self._busy_until, lambda: self.run(call))
        else:
            self._busy_until = self._clock.now
            call()

    @property
    def free_at(self) -> int:
        """When it has ended what it is doing (cycles); now, if it does nothing."""
        return max(self._busy_until, self._clock.now)

    @property
    def now(self) -> int:
        """Simulated time (cycles) inside a call."""
        return self._busy_until

    @property
    def now_us(self) -> int:
        """The same in whole microseconds."""
        return self._busy_until // CYCLES_PER_US

    def work(self, cycles: int) -> None:
        """Let the present call take longer."""
        self._busy_until += cycles


def request(number: int, length: int) -> Message:
    """Return a DATA with ``length`` bytes of activation."""
    return Message(MessageType.DATA, Flags(0), SESSION, number, 0, bytes(length))


def answer(number: int) -> Message:
    """Return the RESULT to it, without the output vector, which nobody has asked for."""
    return Message(MessageType.RESULT, Flags.ANSWER, SESSION, number, 0, bytes(RESULT_BYTES))


def play(clock: SimClock, is_over: Callable[[], bool]) -> bool:
    """Let events fire until an exchange is over; return False if it does not come to that."""
    end = clock.now + PATIENCE_US * CYCLES_PER_US
    while not is_over():
        if clock.now > end or not clock.step():
            return False
    return True
