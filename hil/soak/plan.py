# SPDX-License-Identifier: MIT
"""The sequence of a soak, drawn from its seed alone: photos, cuts, links and faults."""

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from hil.errors import BadInputError
from hil.soak.fault import FAULTS, Need

LEAST_PHOTOS = 2
"""With one, an answer that is left over from before could not be told from the right one."""

NEW_CUT, NEW_LINK = 1 / 150, 1 / 25
"""Probabilities, at each step, of another cut, which is flashed, and of another link."""

T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """One inference. It says all that it takes, so that steps before it can be left out.

    Attributes:
        number: of the step, from 1.
        cut: short name of the cut.
        via: the link.
        photo: index of the photo.
        fault: name of the fault; empty for none.
        seed: of what is random in the fault, u32.
    """

    number: int
    cut: str
    via: str
    photo: int
    fault: str
    seed: int


@dataclass(frozen=True)
class Choices:
    """What is drawn from.

    Attributes:
        cuts: short names, at least one.
        links: at least one.
        photos: how many there are.
        rate: probability of a fault at each step.
        has: what the rig has.

    Raises:
        BadInputError: too few photos, or a rate that is no probability.
    """

    cuts: tuple[str, ...]
    links: tuple[str, ...]
    photos: int
    rate: float
    has: Collection[Need] = frozenset()

    def __post_init__(self) -> None:
        """Check."""
        if self.photos < LEAST_PHOTOS:
            raise BadInputError(
                f"A soak needs at least {LEAST_PHOTOS} photos, by which one answer is told from "
                f"another, and was given {self.photos}; name more, or a directory of them."
            )
        if not 0 <= self.rate <= 1:
            raise BadInputError(
                f"Faults are drawn with a probability from 0 to 1, not {self.rate:g}; "
                "say for example --faults 10%."
            )


def steps(seed: int, choices: Choices) -> Iterator[Step]:
    """Yield the steps that a seed draws, without end: the first ones are the same in any length."""
    draw = _Draw(seed)
    cut, via = draw.one_of(choices.cuts), draw.one_of(choices.links)
    for number in itertools.count(1):
        if number > 1 and draw.happens(NEW_CUT):
            cut = draw.one_of(choices.cuts)
        if number > 1 and draw.happens(NEW_LINK):
            via = draw.one_of(choices.links)
        photo = draw.below(choices.photos)
        fault = ""
        if draw.happens(choices.rate):
            possible = [name for name, each in FAULTS.items() if each.can(via, choices.has)]
            fault = draw.one_of(possible)
        yield Step(number, cut, via, photo, fault, draw.below(1 << 32))


class _Draw:
    """Draws that cost one random number each, which Python promises to be the same everywhere."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random

    def happens(self, probability: float) -> bool:
        return self._random() < probability

    def below(self, number: int) -> int:
        return int(self._random() * number)

    def one_of(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]


def parse_numbers(text: str) -> tuple[int, ...]:
    """Read numbers of steps such as ``1-40,52``, in rising order.

    Raises:
        BadInputError: they are none, or do not rise.
    """
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        ends = (first, last if dash else first)
        if not all(end.isdecimal() and 1 <= int(end) <= _MOST for end in ends):
            raise BadInputError(f"--steps takes numbers from 1 as in 1-40,52, not {text!r}.")
        numbers += range(int(first), int(ends[1]) + 1)
    if not numbers or any(later <= sooner for sooner, later in itertools.pairwise(numbers)):
        raise BadInputError(f"--steps takes numbers that rise, as in 1-40,52, not {text!r}.")
    return tuple(numbers)


_MOST = 10_000_000


def format_numbers(numbers: Sequence[int]) -> str:
    """Write numbers of steps, in rising order, as :func:`parse_numbers` reads them."""
    parts = []
    for _, run in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in run]
        parts.append(f"{members[0]}-{members[-1]}" if len(members) > 1 else f"{members[0]}")
    return ",".join(parts)
