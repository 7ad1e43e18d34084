# SPDX-License-Identifier: MIT
"""Simulated figures are the same in every run, however busy the machine is."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.inference.inference import RoundTrip, Stages, Wire
from hil.links import LINKS
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab

INFERENCES = 6
SIZES = (16, 5_488)
BAD_AIR: dict[str, Any] = {
    "seed": 3,
    "tcp": {"loss": 0.05, "jitter_us": 500},
    "udp": {"loss": 0.1, "duplicate": 0.05, "reorder": 0.05, "jitter_us": 700},
    "espnow": {"loss": 0.05, "duplicate": 0.5, "reorder": 0.2, "jitter_us": 30_000},
    "ble": {"loss": 0.05, "jitter_us": 300},
}
Figures = list[tuple[Stages, Wire | None] | RoundTrip | dict[str, str]]


def exchange(board: Board, images: np.ndarray, *, chatter: bool) -> Figures:
    """Return what a head measures; with ``chatter`` it is asked other things in between."""
    measured: Figures = []
    for number, each in enumerate([*images, *SIZES]):
        for _ in range(number % 3 if chatter else 0):
            board.console.request("stats")
        if isinstance(each, int):
            measured.append(board.rtt(each))
        else:
            inference = board.infer(each)
            measured.append((inference.stages, inference.wire))
    return [*measured, board.console.request("stats")]


def figures(
    link: dict[str, Any], links: Iterable[str] = LINKS, *, chatter: bool = False
) -> dict[str, Figures]:
    """Return what a head measures with the edge server and with a tail on another board."""
    model = Model.load(resource("models/tiny"))
    split = model.split()
    pixels = np.random.default_rng(1).integers(0, 256, (INFERENCES, *model.input.shape))
    images, measured = pixels.astype(np.uint8), {}
    with (
        Lab.start(boards=2, link=link) as lab,
        Board.open(lab=lab) as head,
        Board.open(lab=lab, index=1) as tail,
    ):
        head.flash(None, model)
        tail.flash(None, model, role="tail")
        with EdgeServer(split.tail, split.model_id, stopwatch=head.stopwatch) as edge:
            for via in links:
                for name, other in (("board", tail), ("edge", edge)):
                    head.connect(other, via, gateway=tail if name == "edge" else None)
                    measured[f"{via} {name}"] = exchange(head, images, chatter=chatter)
    return measured


@contextmanager
def load() -> Iterator[None]:
    """Keep every core busy with something else."""
    burn = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(burn) for _ in range(2)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def idle() -> dict[str, Figures]:
    return figures(BAD_AIR)


def test_runs_on_an_idle_and_on_a_loaded_machine_give_the_same_microseconds(
    idle: dict[str, Figures],
) -> None:
    with load():
        assert figures(BAD_AIR) == idle


def test_the_runs_had_losses_to_repeat(idle: dict[str, Figures]) -> None:
    trips = [each for of in idle.values() for each in of if isinstance(each, RoundTrip)]
    wires = [each[1] for of in idle.values() for each in of if isinstance(each, tuple)]
    wires += [trip.wire for trip in trips]
    assert any(wire is not None and wire.resent for wire in wires)
    assert not any(trip.lost for trip in trips)


def test_what_else_the_host_asks_shows_in_no_figure(idle: dict[str, Figures]) -> None:
    """But for a few microseconds: some requests take longer to read than others."""
    for name, of in figures(BAD_AIR, ["ble"], chatter=True).items():
        for one, other in zip(of, idle[name], strict=True):
            for mine, its in zip(times(one), times(other), strict=True):
                assert abs(mine - its) <= 10


def times(figure: tuple[Stages, Wire | None] | RoundTrip | dict[str, str]) -> list[int]:
    if isinstance(figure, tuple):
        return list(asdict(figure[0]).values())
    return [figure.us or 0] if isinstance(figure, RoundTrip) else []
