# SPDX-License-Identifier: MIT
"""Boards that differ from the others of a run: in their times, or in what they predict.

A board's median is held against the median of its siblings' medians. It differs if it is further
from that than the largest of two bounds: a share of the siblings' median, and :data:`SPREADS` times
their own spread (the median absolute deviation, scaled to a standard deviation). Compared are
only figures of the same content of the boards, link and kind of clock, of :data:`ROUNDS` rounds
at least each. Of simulated boards the head's time is the same to the microsecond, or they differ.
"""

import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from hil.budgets.spread import percentile
from hil.links import SMALL_ECHO_BYTES
from hil.results.views import link_name

ROUNDS = 8
"""Fewer say nothing; a comparison of two runs needs as many."""

SPREADS = 5.0
"""Of the siblings, how many standard deviations a board may be away from their median."""

HEAD = 0.02
"""Share by which the head's time may differ: chips of one kind at one clock, from the same flash
mode, take the same time but for cache and crystal."""

AIR = 0.25
"""Share by which what goes over a link may: where a board lies in the room decides about that. A
learned budget grants 20 % over its board's own median."""

_SCALED = 1.4826
"""By this the median absolute deviation of normally distributed values is their standard one."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """In what a board is not like its siblings.

    Attributes:
        board: its name.
        what: which time, and over which link; or ``predictions``.
        sentence: which says by how much.
    """

    board: str
    what: str
    sentence: str


def differences(document: Row) -> list[Difference]:
    """Return what is not alike in a run with several boards, the boards in their order.

    Args:
        document: by ``docs/results.schema.json``.
    """
    found = [*_times(document), *_predictions(document)]
    order = [each["name"] for each in document["boards"]]
    return sorted(found, key=lambda each: order.index(each.board) if each.board in order else -1)


def is_far(value: float, siblings: Iterable[float], share: float) -> bool:
    """Return whether a figure is further from its siblings' than they and a share allow.

    Args:
        value: of one board.
        siblings: those of all others, at least one.
        share: of their median, that is allowed in any case.
    """
    others = list(siblings)
    middle = statistics.median(others)
    spread = _SCALED * statistics.median(abs(each - middle) for each in others)
    return abs(value - middle) > max(share * middle, SPREADS * spread)


def _times(document: Row) -> Iterator[Difference]:
    for about, medians in _medians(document).items():
        share = AIR if about.link else 0.0 if about.simulated else HEAD
        for board, value in medians.items():
            others = [each for name, each in medians.items() if name != board]
            if others and is_far(value, others, share):
                middle = statistics.median(others)
                by = f" ({value / middle - 1:+.1%})" if middle else ""
                told = f"{about.stage} over {about.link}" if about.link else about.stage
                if len(document["combinations"]) > 1:
                    told += f", with {about.combination},"
                yield Difference(
                    board,
                    told,
                    f"{board}: {told} takes {value / 1000:,.3f} ms at the median, its siblings' "
                    f"{middle / 1000:,.3f} ms{by}",
                )


class _About(NamedTuple):
    """What only figures of the same have in common; without a link, what none takes part in."""

    stage: str
    link: str
    simulated: bool
    combination: str
    advisory: bool


def _medians(document: Row) -> dict[_About, dict[str, int]]:
    """Return the median of each board."""
    values: dict[_About, dict[str, list[int]]] = {}

    def enter(stage: str, link: str, each: Row, us: int) -> None:
        simulated = each["simulated"]
        advisory = each["advisory"] and not simulated  # whose clock no load can touch
        about = _About(stage, link, simulated, each["combination"], advisory)
        values.setdefault(about, {}).setdefault(each["board"], []).append(us)

    for each in document["inferences"]:
        times = each["stages_us"]
        if "invoke" in times:
            enter("the head", "", each, times["invoke"])
        if "transfer" in times:
            enter("transfer", link_name(each), each, times["transfer"])
    for each in document["round_trips"]:
        if each["size"] == SMALL_ECHO_BYTES and each["us"] is not None:
            enter("a small round trip", link_name(each), each, each["us"])
    return {
        about: {
            board: percentile(times, 0.50)
            for board, times in by_board.items()
            if len(times) >= ROUNDS
        }
        for about, by_board in values.items()
    }


def _predictions(document: Row) -> Iterator[Difference]:
    """Yield the boards whose best five of a photo are not those of most of its siblings."""
    answers: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
    for each in document["photos"]:
        if "board" in each["top5"]:
            of_photo = answers.setdefault((each["combination"], each["name"]), {})
            of_photo[each["board"]] = tuple(each["top5"]["board"])
    odd: dict[str, int] = {}
    for given in answers.values():
        told = list(given.values())
        for board, answer in given.items():
            if 2 * told.count(answer) <= len(told) and len(told) > 1:
                odd[board] = odd.get(board, 0) + 1
    for board, count in odd.items():
        photos = "1 photo" if count == 1 else f"{count:,} photos"
        yield Difference(
            board, "predictions", f"{board}: {photos} predicted otherwise than by its siblings"
        )
