# SPDX-License-Identifier: MIT
"""Photos, divided where several boards are tested: each test about them has a turn a portion."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import pytest

from hil.pytestplugin.farm.alone import JUDGED
from hil.pytestplugin.farm.asked import LATENCY
from hil.pytestplugin.farm.words import CHANNEL

PORTION = "hil_portion"
"""The fixture that gives a test a turn for each portion."""

_EACH = 4
"""Portions for each worker: one that is slow, or ends early, costs the others little."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Portion:
    """One of several equal parts.

    Attributes:
        number: from 0.
        of: how many there are.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"photos-{self.number + 1}-of-{self.of}"

    def part(self, whole: Sequence[_T]) -> list[_T]:
        """Return what belongs to it."""
        return list(whole[self.number :: self.of])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test about photos a turn for each portion, in a worker that has siblings.

    What is about latency has all photos.
    """
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    told = getattr(metafunc.config, "workerinput", {})
    if PORTION not in metafunc.fixturenames or marks.intersection((LATENCY, JUDGED)):
        return
    if CHANNEL in told and told["workercount"] > 1:
        portions = _portions(_EACH * told["workercount"])
        metafunc.parametrize(PORTION, portions, indirect=True, scope="session", ids=str)


@cache
def _portions(count: int) -> list[Portion]:
    """Return the same ones each time: earlier versions of pytest take equal ones for others."""
    return [Portion(number, count) for number in range(count)]


@pytest.fixture(scope="session")
def hil_portion(request: pytest.FixtureRequest) -> Portion | None:
    """The portion of the photos that it is the turn of; None where they are not divided."""
    portion: Portion | None = getattr(request, "param", None)
    return portion


def together(items: Sequence[pytest.Item]) -> list[list[int]]:
    """Return the tests, by their places, that are about one portion of one thing."""
    found: dict[tuple[str, ...], list[int]] = {}
    for place, item in enumerate(items):
        params: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
        if PORTION in params:
            about = (PORTION, "hil_combination", "hil_cut")
            key = tuple(str(params.get(each)) for each in about)
            found.setdefault(key, []).append(place)
    return list(found.values())
