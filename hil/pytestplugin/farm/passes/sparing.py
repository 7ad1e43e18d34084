# SPDX-License-Identifier: MIT
"""Workers whose boards nothing needs that is left to do."""

from collections.abc import Collection, Sequence
from typing import Any

from hil.pytestplugin.farm.seat import Seat


def spare(seats: Sequence[Seat], judging: Sequence[Any], apart: Collection[int]) -> list[Seat]:
    """Return the workers that can end, each with a board that it is lent.

    As long as others are about tests of the first pass, one that is idle stays in reserve, for what
    a board that breaks has left; and one for the second pass. While a test is run alone, nobody is
    to end beside it.

    Args:
        seats: all workers, when the first pass has nothing to give out any more.
        judging: for each list of tests of the second pass that is left, the worker that is to run
            it; None for whichever.
        apart: indices of all tests of the second pass.
    """
    if any(seat.running in apart for seat in seats):
        return []
    idle = [seat for seat in seats if seat.ids is not None and seat.is_idle]
    if len(idle) == len(seats) and not judging:
        return []  # all is over
    own = [seat for seat in idle if seat.node in judging]
    kept = {id(seat) for seat in own}
    there = {id(seat.node) for seat in own}
    if len(idle) < len(seats) or any(id(node) not in there for node in judging):
        others = [seat for seat in idle if seat.is_open and seat not in own]
        kept |= {id(seat) for seat in best(others)}
    can_end = [seat for seat in idle if seat.board and not seat.node.shutting_down]
    return [seat for seat in can_end if id(seat) not in kept]


def best(seats: Sequence[Seat]) -> list[Seat]:
    """Return the worker that has run most tests with a board, if there is any."""
    return [max(seats, key=lambda each: each.ran)] if seats else []


def given_back(ending: Sequence[Seat]) -> str:
    """Return which boards are given back by workers that end, in a sentence."""
    boards = " and ".join(seat.board for seat in ending)
    are, them = ("is", "it") if len(ending) == 1 else ("are", "them")
    return f"{boards} {are} given back: no test that is left needs {them}"
