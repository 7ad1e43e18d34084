# SPDX-License-Identifier: MIT
"""A soak: what ends it, what it accounts for, and that a planted defect is found and shrunk."""

import itertools
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.links import LINKS
from hil.soak.account import Account, Ending
from hil.soak.fault import promised
from hil.soak.plan import Choices, Step, steps
from hil.soak.shrink import shrink
from hil.soak.soak import run
from hil.soak.watch import Watch

CHOICES = Choices(("early", "late"), LINKS, 36, 0.1, has=frozenset({"lab", "test build"}))


class Bench:
    """Does as it must, but for a defect.

    Args:
        defect: is asked before each inference; a word of how it ends, or nothing.
    """

    group = (1, 1)
    has_key = False
    stats: Mapping[str, str] = {"psram_free": "1000", "uptime_us": "5"}

    def __init__(self, defect: Callable[[Step], str] = lambda _: "") -> None:
        self._defect = defect

    def perform(self, step: Step) -> Ending:
        return Ending(self._defect(step) or promised(step.fault, step.via)[0])


def every(number: int) -> Callable[[Step], str]:
    """Return a defect that gives a wrong class each time that so many inferences were made."""
    made = itertools.count(1)
    return lambda _: "wrong" if next(made) % number == 0 else ""


def test_as_many_inferences_as_were_asked_for() -> None:
    soak = run(Bench(), steps(1, CHOICES), Watch(None), inferences=123)
    assert soak.account.inferences == soak.begun == 123
    assert soak.finding is None
    assert not soak.rising


def test_time_ends_it() -> None:
    clock = itertools.count().__next__
    soak = run(Bench(), steps(1, CHOICES), Watch(None), seconds=10, clock=clock)
    assert soak.account.inferences == 9
    assert soak.seconds == 11


@given(st.integers(1, 49), st.integers(0, 100))
def test_a_wrong_class_now_and_then_is_found_at_once(number: int, seed: int) -> None:
    soak = run(Bench(every(number)), steps(seed, CHOICES), Watch(None), inferences=1_000)
    assert soak.finding is not None
    assert soak.finding.step.number == number == soak.account.inferences
    assert soak.finding.ending.word == "wrong"


def replaying(defect: Callable[[], Callable[[Step], str]]) -> Callable[[Sequence[Step]], bool]:
    def fails(chosen: Sequence[Step]) -> bool:
        bench, account = Bench(defect()), Account()
        return any(account.note(step, bench.perform(step)) for step in chosen)

    return fails


@given(st.integers(1, 60), st.integers(0, 100))
def test_a_wrong_class_now_and_then_is_shrunk_to_as_many_steps_as_it_takes(
    number: int, seed: int
) -> None:
    failed = list(itertools.islice(steps(seed, CHOICES), number))
    shrunk = shrink(failed, replaying(lambda: every(number)), lambda: True)
    assert len(shrunk.steps) == number
    assert shrunk.complete


def leftover() -> Callable[[Step], str]:
    """A firmware that panics over UDP once it has been dropped amid an answer over TCP."""
    hurt = False

    def defect(step: Step) -> str:
        nonlocal hurt
        hurt = hurt or (step.fault, step.via) == ("dropped-answer", "tcp")
        return "BoardPanic" if hurt and (step.via, step.fault) == ("udp", "") else ""

    return defect


@pytest.mark.parametrize("seed", range(3))
def test_what_one_step_leaves_for_another_is_shrunk_to_the_two(seed: int) -> None:
    soak = run(Bench(leftover()), steps(seed, CHOICES), Watch(None), inferences=20_000)
    assert soak.finding is not None
    failed = list(itertools.islice(steps(seed, CHOICES), soak.begun))
    shrunk = shrink(failed, replaying(leftover), lambda: True)
    assert [(step.via, step.fault) for step in shrunk.steps] == [
        ("tcp", "dropped-answer"),
        ("udp", ""),
    ]


def test_ctrl_c_ends_it_with_all_that_was_done() -> None:
    made = itertools.count(1)

    def interrupting(_: Step) -> str:
        if next(made) == 70:
            raise KeyboardInterrupt
        return ""

    soak = run(Bench(interrupting), steps(1, CHOICES), Watch(None), inferences=100)
    assert soak.interrupted
    assert (soak.account.inferences, soak.begun) == (69, 70)
    assert soak.verdicts
