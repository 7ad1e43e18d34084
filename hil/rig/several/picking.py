# SPDX-License-Identifier: MIT
"""Which of several boards are taken: those that nobody has first. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

from hil.errors import BoardBusyError, InfrastructureError
from hil.rig.rig import BoardSpec
from hil.rig.several.candidates import Candidates


@dataclass(eq=False)
class Option:
    """A board that may be taken.

    Attributes:
        name: under which it is found.
        spec: where it is, when it has been found.
        had: the same, while it is had.
        error: why it was not found or not had.
    """

    name: str
    spec: BoardSpec | None = None
    had: BoardSpec | None = None
    error: InfrastructureError | None = None

    @property
    def is_had(self) -> bool:
        """Whether it is had."""
        return self.had is not None

    @property
    def can_be_waited_for(self) -> bool:
        """Whether it may be had, as far as is known, if need be after somebody else."""
        return self.spec is not None and isinstance(self.error, BoardBusyError | None)


@dataclass(frozen=True)
class Picking:
    """Boards that may be taken, and how many are needed.

    Attributes:
        firsts: those that may be under test, in order.
        seconds: those that may only stand beside one, in order.
        need: how many are to be under test.
        beside: how many are to stand beside one; what is left of the firsts may, too.
    """

    firsts: list[Option]
    seconds: list[Option]
    need: int
    beside: int

    @classmethod
    def of(cls, candidates: Candidates, need: int, beside: int) -> Self:
        """Return the picking out of boards that have names of their own."""
        seconds = [Option(name) for name in candidates.seconds] if beside else []
        return cls([Option(name) for name in candidates.firsts], seconds, need, beside)

    @property
    def all(self) -> list[Option]:
        """All of them."""
        return [*self.firsts, *self.seconds]

    @property
    def has_more(self) -> bool:
        """Whether there are more than needed."""
        return len(self.all) > self.need + self.beside

    def in_turn(self) -> Iterator[Option]:
        """Return those that are to be tried, as long as there are too few."""
        for each in self.firsts:
            if _count(self.firsts) < self.need:
                yield each
        for each in (*self.seconds, *self.firsts):
            untried = each.error is None and not each.is_had
            if untried and _count(self.all) < self.need + self.beside:
                yield each

    def pick(self, fits: Callable[[Option], bool]) -> list[Option] | None:
        """Return those to take, the firsts before the others, each in order; ``None``: too few.

        Args:
            fits: tells whether one can be taken; those without an error come first.
        """
        under_test = _best(self.firsts, fits, self.need)
        left = [each for each in (*self.seconds, *self.firsts) if each not in under_test]
        others = _best(left, fits, self.beside)
        enough = len(under_test) == self.need and len(others) == self.beside
        return [*under_test, *others] if enough else None

    def first_error(self) -> InfrastructureError:
        """Return why the first one was not had that was not."""
        return next(each.error for each in self.all if each.error is not None)


def _count(options: list[Option]) -> int:
    return sum(each.is_had for each in options)


def _best(options: list[Option], fits: Callable[[Option], bool], most: int) -> list[Option]:
    """Return so many that fit, at most, in their order; those without an error are preferred."""
    preferred = sorted(filter(fits, options), key=lambda each: each.error is not None)[:most]
    return [each for each in options if each in preferred]
