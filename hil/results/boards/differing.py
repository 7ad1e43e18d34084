# SPDX-License-Identifier: MIT
"""What is said, and what is kept, of boards that are not like the others of a run. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hil.health import entry
from hil.health.limits import HealthLimits
from hil.results.boards.siblings import Standing, standings

Row = Mapping[str, Any]

_STAGES = {"transfer": "transfer", "rtt_small": "a small round trip"}


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
    """Return what is to be shown of boards that differ, the boards in their order.

    Args:
        document: by ``docs/results.schema.json``.
    """
    several = len(document["combinations"]) > 1
    times = (_told(each, several=several) for each in standings(document) if each.differs)
    found = [*times, *_predictions(document)]
    order = [each["name"] for each in document["boards"]]
    return sorted(found, key=lambda each: order.index(each.board) if each.board in order else -1)


def deviations(document: Row, limits: HealthLimits) -> dict[str, tuple[entry.Difference, ...]]:
    """Return what is held against the health of boards that differ, by their names.

    Args:
        document: by ``docs/results.schema.json``.
        limits: how far is too far.
    """
    found: dict[str, list[entry.Difference]] = {}
    for each in standings(document):
        if each.is_far(limits):
            about = each.about
            kept = entry.Difference(about.link, about.stage, each.median_us, round(each.middle))
            found.setdefault(each.board, []).append(kept)
    return {board: tuple(kept) for board, kept in found.items()}


def _told(standing: Standing, *, several: bool) -> Difference:
    about, middle = standing.about, standing.middle
    by = f" ({standing.median_us / middle - 1:+.1%})" if middle else ""
    if about.link:
        told = f"{_STAGES[about.stage]} over {about.link}"
    else:
        told = "the whole model" if about.whole else "the head"
    if several:
        told += f", with {about.combination},"
    return Difference(
        standing.board,
        told,
        f"{standing.board}: {told} takes {standing.median_us / 1000:,.3f} ms at the median, its "
        f"siblings' {middle / 1000:,.3f} ms{by}",
    )


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
