# SPDX-License-Identifier: MIT
"""A leak shows in the trend of a session, and what is borrowed for a while does not."""

import random
from types import SimpleNamespace
from typing import Any

import pytest

from hil.suite.helpers.memory_log import MemoryLog, loss, slope
from hil.symptoms import Misbehaviour


class Board:
    """Tells what it is told to tell."""

    def __init__(self) -> None:
        self.info = SimpleNamespace(session=1)
        self.stats: dict[str, str] = {}
        self.console: Any = SimpleNamespace(request=lambda _: self.stats)

    def has(self, inferences: int, free: int, reserve: int = 5000) -> None:
        self.stats = {
            "infer_ok": str(inferences),
            "infer_err": "0",
            "heap_free": str(free),
            "heap_least": "1",
            "stacks": f"main:{reserve}",
        }


def test_the_slope_of_a_line_is_its_own():
    assert slope([(0, 10), (5, 0), (7, -4)]) == -2


def test_a_byte_lost_each_time_is_a_leak_whatever_buffers_come_and_go():
    board, log, chance = Board(), MemoryLog(), random.Random(1)
    for inferences in range(0, 200, 5):
        board.has(inferences, 100_000 - inferences - 1600 * (chance.random() < 0.3))
        log.sample(board)
    with pytest.raises(Misbehaviour, match=r"heap_free over 195 inferences: .* 1\.0 bytes less"):
        log.check("inferences")


def test_buffers_that_come_and_go_are_no_leak():
    board, log, chance = Board(), MemoryLog(), random.Random(1)
    for inferences in range(0, 200, 5):
        board.has(inferences, 100_000 - 1600 * (chance.random() < 0.3))
        log.sample(board)
    log.check("inferences")


def test_a_stack_that_grows_with_each_link_is_a_leak():
    board, log = Board(), MemoryLog()
    for turn in range(50):
        board.has(0, 100_000, 5000 - 16 * turn)
        log.sample(board, turn)
    with pytest.raises(Misbehaviour, match="stack of main over 49 links"):
        log.check("links")


def test_starts_of_the_board_are_kept_apart():
    board, log = Board(), MemoryLog()
    for board.info.session in range(40):
        board.has(board.info.session, 100_000 - board.info.session * 64)
        log.sample(board)
    log.check("inferences")


def test_what_is_taken_once_and_kept_is_no_leak():
    for step in range(1, 40):
        assert (loss([(x, 5000 if x < step else 4800) for x in range(40)]) or 0) == 0


def test_few_samples_say_nothing():
    assert loss([(x, 5000 - 64 * x) for x in range(11)]) is None
    assert loss([(x, 5000 - 64 * x) for x in range(12)]) == 64
