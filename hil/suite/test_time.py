# SPDX-License-Identifier: MIT
"""The board's clock, and the times that it reports by it."""

import math
import time
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.console.console import Console
from hil.console.log import Kind
from hil.protocol.console.line import Log, parse_line
from hil.pytestplugin.options import Settings
from hil.suite.raw import BATCH, FIRST, numbered, say
from hil.suite.timing import Asked, ask, kernels_us, least, line_us, uptime_us
from hil.symptoms import expect

pytestmark = pytest.mark.hil

PADDING = 1_000
"""Bytes that the clock has to measure on the serial line of a virtual board."""

PROCESSING = 0.02
"""Of the line's time: for what a virtual processor does to so many bytes; it is 0.4 %."""

SPAN_S = 0.5
"""For which a real board's clock is compared with this host's."""

CLOCK_TOLERANCE = 0.01
"""Of a real board's clock. Crystals are a hundred times better, a busy host is not."""

READING_US = 5_000
"""That a busy host takes beyond what it measures."""

CORE_US = 1_500
"""What the core of a virtual board does besides what it times: the request, the event's line."""

KERNEL_US = 50
"""Likewise between the moment at which a stage ends and that at which the clock is read."""

CONSOLE_US = 250_000
"""What requests, their line and a busy host add to what a real board times."""

ECHO_SIZES = (0, 32, 3_000)

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


def test_log_lines_bear_the_time_of_the_clock(small_board: Board) -> None:
    console = small_board.console
    lines = [line for line in tuple(console.log) if line.kind is Kind.BOARD]
    logs = [
        (line.host_time, parsed)
        for line in lines
        if isinstance(parsed := parse_line(line.text), Log)
    ]
    at, opened = next(
        (each for each in reversed(logs) if each[1].text.startswith("role ")), (0.0, None)
    )
    expect(
        opened is not None,
        "log-times",
        stage="log lines of the boot",
        expected="one about the role and model of the board",
        got=f"{len(logs)} others",
    )
    assert opened is not None
    if small_board.simulated:
        low, high = _opening_ms(small_board)
    else:
        since_us = (time.monotonic() - at) * 1e6
        told_us = uptime_us(console) - since_us
        slack_us = READING_US + CONSOLE_US + CLOCK_TOLERANCE * since_us
        low, high = (told_us - slack_us) / 1000, (told_us + slack_us) / 1000
    expect(
        low <= opened.time_ms <= high,
        "log-times",
        stage=f"log line '{opened.text[:40]}'",
        expected=f"{low:,.0f} to {high:,.0f} ms after the start",
        got=f"{opened.time_ms:,} ms",
    )


def _opening_ms(board: Board) -> tuple[float, float]:
    """Return within which time of its boot a virtual board opens its model."""
    from hil.model.tflite.verify import verify
    from hil.sim.clock.clock import CYCLES_PER_US
    from hil.sim.clock.cost import hash_cycles, open_cycles

    flatbuffer = board.part.flatbuffer
    cycles = hash_cycles(len(flatbuffer)) + open_cycles(verify(flatbuffer))
    ms = cycles / CYCLES_PER_US / 1000
    return math.floor(ms), ms + CORE_US / 1000


def test_stages_add_up_and_are_the_times_that_passed(
    small_board: Board, link: Connection, digits: list[Path], hil_settings: Settings
) -> None:
    small_board.store(small_board.part.input_tensor(digits[0]))
    asked = ask(small_board.console, "infer", via=link.via, output=1)
    stages = {name: asked.us(f"{name}_us") for name in ("load", "invoke", "send", "wait")}
    total, edge, kernels = (asked.us(key) for key in ("total_us", "edge_us", "edge_invoke_us"))
    expect(
        total == sum(stages.values()) and all(stages.values()),
        "stage-times",
        link=link.via,
        stage="inference",
        expected=f"stages above 0 whose sum is total_us, {total}",
        got=f"{stages}, which is {sum(stages.values())}",
    )
    _check_passed(small_board, link, asked, "total_us")
    _check_edge(small_board, link, asked)
    expect(
        0 < kernels <= edge <= stages["wait"],
        "edge-times",
        link=link.via,
        stage="inference",
        expected=f"edge_invoke_us within edge_us within wait_us, {stages['wait']}",
        got=f"{kernels} and {edge}",
    )
    if not small_board.simulated:
        return
    lows = least(small_board.part, link.via, shaped=hil_settings.link is not None)
    for name, low, high in (
        ("load", lows.load, lows.load + KERNEL_US),
        ("invoke", math.floor(lows.invoke), lows.invoke + KERNEL_US),
        ("send", lows.send, math.inf),
        ("wait", lows.wait + edge, math.inf),
    ):
        expect(
            low <= stages[name] <= high,
            "stage-times",
            link=link.via,
            stage=f"stage {name}",
            expected=f"{low:,.0f} to {high:,.0f} us by the lab's models of kernels and link",
            got=f"{stages[name]:,} us of {stages}",
        )


def _check_passed(board: Board, link: Connection, asked: Asked, key: str) -> None:
    """Compare what a board reports to have taken with what has passed on its clock meanwhile."""
    told = asked.us(key)
    if board.simulated:
        high = asked.elapsed_us - asked.beside_us
        low = high - CORE_US
    else:
        high = asked.elapsed_us
        low = high - CONSOLE_US
    expect(
        low <= told <= high,
        "stage-times" if key == "total_us" else "round-trip-times",
        link=link.via,
        stage=key,
        expected=f"{low:,.0f} to {high:,.0f} us by uptime_us before and behind it",
        got=f"{told:,} us",
    )


def _check_edge(board: Board, link: Connection, asked: Asked) -> None:
    """Compare the tail's times that a board reports with those that it was told."""
    got = {key: asked.us(key) for key in ("edge_us", "edge_invoke_us")}
    record = link.record(asked.us("id"))
    if record is not None:
        wanted = {"edge_us": record.told_total_us, "edge_invoke_us": record.told_invoke_us}
        expect(
            got == wanted,
            "edge-times",
            link=link.via,
            stage="inference",
            expected=f"what the edge server told, {wanted}",
            got=got,
        )
    elif board.simulated:
        assert board.part.split is not None
        low = math.floor(kernels_us(board.part.split.tail))
        expect(
            low <= got["edge_invoke_us"] <= low + KERNEL_US,
            "edge-times",
            link=link.via,
            stage="the peer's invoke",
            expected=f"{low:,} to {low + KERNEL_US:,} us by the lab's model of its kernels",
            got=f"{got['edge_invoke_us']:,} us",
        )


def test_round_trips_take_the_time_that_passed(small_board: Board, link: Connection) -> None:
    for size in ECHO_SIZES:
        asked = ask(small_board.console, "rtt", via=link.via, size=size)
        _check_passed(small_board, link, asked, "us")


def test_the_clock_goes_on_when_32_bits_are_full(small_board: Board, digits: list[Path]) -> None:
    if not small_board.simulated:
        pytest.skip("2^32 us are 72 minutes of a real board's time.")
    link = small_board.connection
    assert link is not None
    console = small_board.console
    before = small_board.infer(digits[0])
    small_board.disconnect()
    console.request("peer")
    start = uptime_us(console)
    waits = -(-WRAPS_US // PERIPHERAL_WAITS_US)
    opening = [numbered(FIRST + i, "link via=ble state=up") for i in range(waits)]
    for at in range(0, waits, BATCH):  # no central ever comes: time that passes at once
        say(console, b"".join(opening[at : at + BATCH]), "waiting for a central")
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
    small_board.connect(to, link.via, gateway=link.gateway)
    after = small_board.infer(digits[0])
    expect(
        after.top5 == before.top5,
        "clock-wraps",
        link=link.via,
        stage="an inference 72 minutes later",
        expected=f"the result that it had before, {before.top5_ids}",
        got=after.top5_ids,
    )
    asked = ask(console, "infer", via=link.via, output=0)
    _check_passed(small_board, link, asked, "total_us")
