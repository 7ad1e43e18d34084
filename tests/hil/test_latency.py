# SPDX-License-Identifier: MIT
"""Latency per stage and goodput, by the board's own clock."""

from typing import Any

import pytest

from hil.board import Board
from hil.inference import Inference
from hil.model.split import Cut
from hil.photos import Photo
from hil.pytestplugin.options import Settings
from hil.results.summary import percentile, spread

pytestmark = pytest.mark.hil

STAGES = ("load", "invoke", "send", "wait", "transfer", "total")


class BoardClock:
    """A timer for pytest-benchmark that moves on by what the board says an inference took."""

    __name__ = "board_clock"

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


CLOCK = BoardClock()


@pytest.mark.benchmark(group="one inference, by the board's clock", timer=CLOCK)
def test_latency_and_goodput(
    board: Board, cut: Cut, photos: list[Photo], hil_settings: Settings, benchmark: Any
) -> None:
    """Stages add up, and what they are goes into the results and pytest-benchmark's record."""
    inferences: list[Inference] = []

    def infer_once() -> None:
        inference = board.infer(photos[0], output=False)
        inferences.append(inference)
        CLOCK.seconds += inference.stages.total_us / 1e6

    benchmark.pedantic(infer_once, rounds=hil_settings.rounds)
    while len(inferences) < hil_settings.rounds:
        infer_once()  # under xdist pytest-benchmark stops at one; the board's clock goes on

    for stages in (inference.stages for inference in inferences):
        parts = (stages.load_us, stages.invoke_us, stages.send_us, stages.wait_us)
        assert stages.total_us == sum(parts)
        assert all(part > 0 for part in parts)
        assert 0 < stages.edge_invoke_us <= stages.edge_us <= stages.wait_us
        assert stages.transfer_us > 0
    transfers = [inference.stages.transfer_us for inference in inferences]
    benchmark.extra_info["simulated"] = board.simulated
    benchmark.extra_info["goodput_bytes_per_s"] = round(
        cut.bytes * 1_000_000 / percentile(transfers, 0.5)
    )
    for name in STAGES:
        values = [getattr(inference.stages, f"{name}_us") for inference in inferences]
        benchmark.extra_info[f"{name}_us"] = spread(values)
