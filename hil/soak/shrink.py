# SPDX-License-Identifier: MIT
"""The shortest sequence of steps that still fails, by delta debugging (Zeller and Hildebrandt)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Shrunk(Generic[T]):
    """What is left of a failing sequence.

    Attributes:
        steps: the shortest that was seen to fail; the whole one if none was.
        replays: how many sequences were tried.
        again: whether any of them failed.
        complete: whether no step can be left out of it, as far as trying tells.
    """

    steps: tuple[T, ...]
    replays: int
    again: bool
    complete: bool


class _TimeIsUp(Exception):  # noqa: N818 - it is no error
    pass


def shrink(
    failing: Sequence[T], fails: Callable[[Sequence[T]], bool], time_left: Callable[[], bool]
) -> Shrunk[T]:
    """Leave out what is not needed for the failure, which the last step of a sequence has met.

    The last step stays. First as few steps before it as fail with it are looked for, by doubling
    their number; then parts of these are left out, ever smaller ones.

    Args:
        failing: the sequence that has failed.
        fails: replays a sequence from a fresh start.
        time_left: asked before each replay; once it says no, the shortest so far is returned.
    """
    replays = 0

    def tried(steps: Sequence[T]) -> bool:
        nonlocal replays
        if not time_left():
            raise _TimeIsUp
        replays += 1
        return fails(steps)

    best, again = tuple(failing), False
    try:
        length = 1
        while not again:
            length = min(length, len(failing))
            again = tried(failing[len(failing) - length :])
            if again:
                best = tuple(failing[len(failing) - length :])
            elif length == len(failing):
                return Shrunk(best, replays, again=False, complete=False)
            length *= 2
        parts = 2
        while len(best) > 1:
            before, last = best[:-1], best[-1:]
            parts = min(parts, len(before))
            size = -(-len(before) // parts)
            starts = range(0, len(before), size)
            for start in starts:
                rest = (*before[:start], *before[start + size :], *last)
                if tried(rest):
                    best, parts = rest, max(parts - 1, 2)
                    break
            else:
                if size == 1:
                    break
                parts *= 2
    except _TimeIsUp:
        return Shrunk(best, replays, again, complete=False)
    return Shrunk(best, replays, again, complete=True)
