# SPDX-License-Identifier: MIT
"""What each board of a run has done: tests, troubles, messages lost, time of an inference."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hil.budgets.spread import percentile
from hil.results.views import link_name

CRASHES = ("BoardPanic", "BootFailure")
"""Errors by which a board has panicked, reset itself, or not come up."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Total:
    """The median of whole inferences, and whether other boards were tested meanwhile."""

    us: int
    advisory: bool


@dataclass(frozen=True)
class Side:
    """One board of a run.

    Attributes:
        board: its name.
        outcomes: how many tests ended how.
        flashings: how often it was flashed, where that was not up to date already.
        retries: how often it had to be started or flashed once more.
        crashes: how often tests met a panic, a reset that nobody had asked for, or no boot.
        asked: messages over any link.
        lost: of these, those without an answer.
        totals: by link, of the content that the run is about.
    """

    board: str
    outcomes: Mapping[str, int]
    flashings: int
    retries: int
    crashes: int
    asked: int
    lost: int
    totals: Mapping[str, Total]


def board_names(document: Row) -> list[str]:
    """Return the boards of a run, those at the end that only tests tell of: they never came up."""
    told = (row["board"] for name in ("tests", "errors") for row in document[name])
    names = dict.fromkeys([*(each["name"] for each in document["boards"]), *told])
    return [name for name in names if name is not None]


def sides(document: Row) -> list[Side]:
    """Return a row for each board.

    Args:
        document: by ``docs/results.schema.json``.
    """
    return [_side(document, name) for name in board_names(document)]


def _side(document: Row, board: str) -> Side:
    def own(section: str) -> list[Row]:
        return [each for each in document[section] if each["board"] == board]

    return Side(
        board,
        Counter(each["outcome"] for each in own("tests")),
        sum(bool(each["written"]) for each in own("flash")),
        sum(each["retries"] for each in document["boards"] if each["name"] == board),
        sum(each["type"] in CRASHES for each in own("errors")),
        sum(each["asked"] for each in own("latency")),
        sum(each["lost"] for each in own("latency")),
        _totals(document, own("inferences")),
    )


def _totals(document: Row, inferences: list[Row]) -> dict[str, Total]:
    """Return the medians; a link's figures that are not advisory are preferred."""
    main = next((each["name"] for each in document["combinations"]), "")
    groups: dict[tuple[str, bool], list[int]] = {}
    for each in inferences:
        if each["combination"] == main and each["tail"] != "none":
            key = link_name(each), each["advisory"]
            groups.setdefault(key, []).append(each["stages_us"]["total"])
    found: dict[str, Total] = {}
    for (link, advisory), times in groups.items():
        if link not in found or not advisory:
            found[link] = Total(percentile(times, 0.50), advisory)
    return found
