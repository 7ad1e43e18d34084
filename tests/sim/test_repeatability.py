# SPDX-License-Identifier: MIT
"""Simulated figures are the same in every run, however busy the machine is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from hil.board import Board
from hil.edge import EdgeServer
from hil.inference import Stages
from hil.model.model import Model
from hil.resources import resource

INFERENCES = 12


def stages() -> list[Stages]:
    model = Model.load(resource("models/tiny"))
    random = np.random.default_rng(1)
    with Board.open() as board:
        board.flash(None, model)
        split = model.split()
        with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
            board.connect(edge)
            images = random.integers(0, 256, (INFERENCES, *model.input.shape)).astype(np.uint8)
            return [board.infer(image).stages for image in images]


@contextmanager
def load() -> Iterator[None]:
    """Keep every core busy with something else."""
    burn = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(burn) for _ in range(3)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_two_runs_give_the_same_microseconds_on_an_idle_and_on_a_loaded_machine() -> None:
    idle = stages()
    with load():
        loaded = stages()
    assert loaded == idle
