# SPDX-License-Identifier: MIT
"""Figures by which a board's times are judged, none of which its own arithmetic can move.

They are the bits on the serial line, which take their time on any board; the clock of this host,
for a real board; and for a virtual one the lab's models of its kernels, queues and radios.
"""

from dataclasses import dataclass

from hil.board.board import Board
from hil.board.connection import Connection
from hil.console.console import Console
from hil.inference.part import ModelPart
from hil.protocol import BODY_OVERHEAD, HEADER_SIZE
from hil.protocol.console.line import format_request, sent
from hil.pytestplugin.options import Settings
from hil.suite.helpers.console.raw import answered, say
from hil.symptoms import expect

_BITS_PER_BYTE = 10
"""On the serial line: start, eight data, stop."""

_STREAM_PREFIX = 4
_RESULT_BYTES = 72
"""Of a RESULT without the output vector (docs/protocol.md, 1.4)."""

CORE_US = 1_500
"""What the core of a virtual board does besides what it times: the request, the event's line."""

PEER_US = 5_000
"""Longer than the last acknowledgement between two virtual boards is on its way."""

CONSOLE_US = 250_000
"""What requests, their line and a busy host add to what a real board times."""

READING_US = 5_000
"""That a busy host takes beyond what it measures."""

CLOCK_TOLERANCE = 0.01
"""Of a real board's clock. Crystals are a hundred times better, a busy host is not."""


def uptime_us(console: Console, padding: int = 0) -> int:
    """Return the board's clock, asked for behind ``padding`` zero bytes, which mean nothing."""
    return say(console, b"\0" * padding, "uptime").count("uptime_us")


def line_us(console: Console, size: int) -> float:
    """Return how long so many bytes take on the serial line, in us."""
    return size * _BITS_PER_BYTE * 1_000_000 / console.rate


@dataclass(frozen=True)
class Asked:
    """Something that a board was asked to send over its link.

    Attributes:
        event: the values of the event that closed it.
        elapsed_us: from ``stats`` before it to ``stats`` behind it, by the board's clock.
        beside_us: the part of that which the requests' own lines took, and one ``stats``.
    """

    event: dict[str, str]
    elapsed_us: int
    beside_us: float

    def us(self, key: str) -> int:
        """Return a time of the event."""
        return int(self.event[key])


def ask(console: Console, verb: str, *, via: str, **arguments: str | int) -> Asked:
    """Make a request between two looks at the board's clock; raises as :func:`answered`."""
    start, then = uptime_us(console), uptime_us(console)
    event = answered(console, verb, via=via, **arguments)
    end = uptime_us(console)
    request = sent(format_request(100, verb, via=via, **arguments))
    return Asked(event, end - then, then - start + line_us(console, len(request)))


@dataclass(frozen=True)
class Least:
    """What a stage takes at the very least on a virtual board and its link, in us."""

    load: float
    invoke: float
    send: float
    wait: float


def kernels_us(flatbuffer: bytes) -> float:
    """Return what the lab charges for one run of a model."""
    from hil.model.tflite.verify import verify
    from hil.sim.clock.clock import CYCLES_PER_US
    from hil.sim.clock.cost import invoke_cycles

    return invoke_cycles(verify(flatbuffer)) / CYCLES_PER_US


def least(part: ModelPart, via: str, *, shaped: bool) -> Least:
    """Return the least times of an inference that asks for the whole output.

    Args:
        part: the head on the board.
        via: the link.
        shaped: whether a file says what links are like; then nothing is known of them.
    """
    from hil.sim.clock.clock import CYCLES_PER_US
    from hil.sim.clock.cost import copy_cycles
    from hil.sim.radio.presets import PRESETS

    assert part.cut is not None
    load = copy_cycles(part.model.input.bytes) / CYCLES_PER_US
    crc = part.cut.bytes / CYCLES_PER_US  # a cycle for each byte, which no processor manages
    send, wait = crc, 0.0
    if not shaped:
        link = PRESETS[via]
        answer = HEADER_SIZE + BODY_OVERHEAD + _RESULT_BYTES + part.model.output.bytes
        send += _queueing_us(via, BODY_OVERHEAD + part.cut.bytes)
        wait = 2 * link.latency_us + link.cycles(answer) / CYCLES_PER_US
    return Least(load, kernels_us(part.flatbuffer), send, wait)


def _queueing_us(via: str, body: int) -> float:
    """Return how long the last bytes of a message wait for room with the link's driver."""
    from hil.sim.ble.radio import BUFFERS
    from hil.sim.clock.clock import CYCLES_PER_US
    from hil.sim.espnow.driver import TX_BUFFERS
    from hil.sim.ip.tcp_sender import SEND_BUFFER
    from hil.sim.ip.udp import QUEUE
    from hil.sim.radio.presets import PRESETS

    link = PRESETS[via]
    if via == "tcp":
        is_long = _STREAM_PREFIX + HEADER_SIZE + body > SEND_BUFFER
        return 2 * link.latency_us if is_long else 0  # the first of it has to be acknowledged
    frames = -(-body // (link.packet_bytes - HEADER_SIZE))
    held = {"udp": QUEUE, "espnow": TX_BUFFERS, "ble": BUFFERS}[via]
    return max(0, frames - held) * link.cycles(link.packet_bytes) / CYCLES_PER_US


def check_passed(
    board: Board, link: Connection, asked: Asked, key: str, settings: Settings
) -> None:
    """Compare what a board reports to have taken with what has passed on its clock meanwhile.

    Where a file shapes the links, frames may be on their way behind the end.
    """
    told = asked.us(key)
    high = asked.elapsed_us - (asked.beside_us if board.simulated else 0)
    core_us = CORE_US if link.tail is None else CORE_US + PEER_US
    low = high - (core_us if board.simulated and settings.link is None else CONSOLE_US)
    expect(
        low <= told <= high,
        "stage-times" if key == "total_us" else "round-trip-times",
        link=link.via,
        stage=key,
        expected=f"{low:,.0f} to {high:,.0f} us by uptime_us before and behind it",
        got=f"{told:,} us",
    )
