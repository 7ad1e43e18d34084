# SPDX-License-Identifier: MIT
"""The times that a board reports: stages, round trips, the tail's, and those of log lines."""

import math
import time
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.console.log import Kind
from hil.protocol.console.line import Log, parse_line
from hil.pytestplugin.options import Settings
from hil.suite.helpers.timing import (
    CLOCK_TOLERANCE,
    CONSOLE_US,
    CORE_US,
    READING_US,
    Asked,
    ask,
    check_passed,
    kernels_us,
    least,
    uptime_us,
)
from hil.symptoms import expect

pytestmark = pytest.mark.hil

KERNEL_US = 50
"""Of a virtual board, from the end of a stage until its core has read the clock."""

ECHO_SIZES = (0, 32, 20_000)
"""Bytes: the last take long to be handed to any driver, so that a time from then on is seen."""


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
    check_passed(small_board, link, asked, "total_us", hil_settings)
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


def test_round_trips_take_the_time_that_passed(
    small_board: Board, link: Connection, hil_settings: Settings
) -> None:
    for size in ECHO_SIZES:
        asked = ask(small_board.console, "rtt", via=link.via, size=size)
        check_passed(small_board, link, asked, "us", hil_settings)
