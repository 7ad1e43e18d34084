# SPDX-License-Identifier: MIT
"""The board's clock: that it keeps time, counts microseconds, and goes on for more than an hour."""

import math
import time
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.console.console import Console
from hil.errors import BoardPanic, BoardRefused, MessageLost
from hil.pytestplugin.options import Settings
from hil.suite.helpers.console.raw import BATCH, FIRST, numbered, say
from hil.suite.helpers.timing import (
    CLOCK_TOLERANCE,
    READING_US,
    ask,
    check_passed,
    line_us,
    uptime_us,
)
from hil.symptoms import Misbehaviour, expect

pytestmark = pytest.mark.hil

PADDING = 1_000
"""Bytes that the clock has to measure on the serial line of a virtual board."""

PROCESSING = 0.02
"""Of the line's time: for what a virtual processor does to so many bytes; it is 0.4 %."""

SPAN_S = 0.5
"""For which a real board's clock is compared with this host's."""

WRAPS_US = 2**32

PERIPHERAL_WAITS_US = 30_000_000
"""For its central (docs/protocol.md, 1.6)."""


def test_the_clock_keeps_time(small_board: Board) -> None:
    console = small_board.console
    if small_board.simulated:
        times = [uptime_us(console, padding) for padding in (0, 0, PADDING)]
        got: float = (times[2] - times[1]) - (times[1] - times[0])
        low = line_us(console, PADDING)
        high = low * (1 + PROCESSING)
        by = f"{PADDING} bytes on the line at {console.rate} baud"
    else:
        low, got, high = _beside_host(console)
        by = "this host's clock"
    expect(
        got >= low,
        "slow-clock",
        stage=f"uptime beside {by}",
        expected=f"at least {low:,.0f} us",
        got=f"{got:,.0f} us, {got / low:.3f} times as much",
    )
    expect(
        got <= high,
        "fast-clock",
        stage=f"uptime beside {by}",
        expected=f"at most {high:,.0f} us",
        got=f"{got:,.0f} us, {got / high:.3f} times as much",
    )


def _beside_host(console: Console) -> tuple[float, float, float]:
    """Return what the board's clock has counted, between the least and most that it may have."""
    asking = time.monotonic()
    start = uptime_us(console)
    asked = time.monotonic()
    console.wait_line(lambda _: False, SPAN_S)
    ending = time.monotonic()
    end = uptime_us(console)
    ended = time.monotonic()
    low = (ending - asked) * 1e6 * (1 - CLOCK_TOLERANCE) - READING_US
    high = (ended - asking) * 1e6 * (1 + CLOCK_TOLERANCE) + READING_US
    return low, end - start, high


def test_the_clock_counts_microseconds(small_board: Board, digits: list[Path]) -> None:
    assert small_board.connection is not None
    console = small_board.console
    small_board.store(small_board.part.input_tensor(digits[0]))
    times = [uptime_us(console) for _ in range(8)]
    asked = ask(console, "infer", via=small_board.connection.via, output=0)
    times += [asked.us(f"{stage}_us") for stage in ("load", "invoke", "send", "wait", "total")]
    step = math.gcd(*times)
    expect(
        step == 1,
        "coarse-clock",
        stage="uptime and the stages of an inference",
        expected="times with a resolution of 1 us",
        got=f"multiples of {step} us: {times}",
    )


def test_the_clock_goes_on_when_32_bits_are_full(
    small_board: Board, digits: list[Path], hil_settings: Settings
) -> None:
    if not small_board.simulated:
        pytest.skip("2^32 us are 72 minutes of a real board's time.")
    try:
        _live_for_an_hour(small_board, digits[0], hil_settings)
    except (BoardPanic, BoardRefused, MessageLost) as failure:
        raise Misbehaviour(
            "clock-wraps",
            stage="waiting for a central for 72 minutes, and an inference behind it",
            expected="that the board stays up and gets its answer",
            got=failure,
        ) from failure


def _live_for_an_hour(board: Board, image: Path, settings: Settings) -> None:
    link = board.connection
    assert link is not None
    console = board.console
    before = board.infer(image)
    board.disconnect()
    console.request("peer")
    start = uptime_us(console)
    waits = -(-WRAPS_US // PERIPHERAL_WAITS_US)
    _wait_for_nobody(console, waits)
    passed = uptime_us(console) - start
    expect(
        passed >= waits * PERIPHERAL_WAITS_US,
        "clock-wraps",
        stage=f"uptime while {waits} times no central came within 30 s",
        expected=f"at least {waits * PERIPHERAL_WAITS_US:,} us more",
        got=f"{passed:,} us",
    )
    to = link.tail or link.edge
    assert to is not None
    board.connect(to, link.via, gateway=link.gateway)
    after = board.infer(image)
    expect(
        after.top5 == before.top5,
        "clock-wraps",
        link=link.via,
        stage="an inference 72 minutes later",
        expected=f"the result that it had before, {before.top5_ids}",
        got=after.top5_ids,
    )
    asked = ask(console, "infer", via=link.via, output=0)
    check_passed(board, link, asked, "total_us", settings)


def _wait_for_nobody(console: Console, times: int) -> None:
    """Have a virtual board wait for a central that never comes: time that passes at once."""
    opening = [numbered(FIRST + i, "link via=ble state=up") for i in range(times)]
    for at in range(0, times, BATCH):
        say(console, b"".join(opening[at : at + BATCH]), "waiting for a central")
