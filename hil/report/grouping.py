# SPDX-License-Identifier: MIT
"""What belongs together in a document: the records of one content of the board, or of one link."""

from collections.abc import Iterable, Mapping
from typing import Any

from hil.results.boards.sides import board_names

Row = Mapping[str, Any]
Document = Mapping[str, Any]


def combination(record: Row) -> str:
    """Return what a record's content of the board is called; empty in a run that has only one."""
    return str(record.get("combination") or "")


def by_combination(records: Iterable[Row]) -> dict[str, list[Row]]:
    """Sort records by the content of the board, in the order in which they came."""
    groups: dict[str, list[Row]] = {}
    for each in records:
        groups.setdefault(combination(each), []).append(each)
    return groups


def same_link(left: Row, right: Row) -> bool:
    """Whether two records are about one link, board and content of it, and one kind of clock.

    What was taken while other boards were tested, too, is another matter than what was not.
    """
    keys = ("via", "tail", "simulated", "board", "advisory")
    return combination(left) == combination(right) and all(left[k] == right[k] for k in keys)


def has_several_boards(document: Document) -> bool:
    """Whether more than one board has taken part, so that figures say of which they are."""
    return len(board_names(document)) > 1


def is_simulated(document: Document) -> bool:
    """Whether any figure of a run comes from a simulated clock."""
    board = document["board"]
    return bool(board and board["simulated"]) or any(e["simulated"] for e in document["latency"])
