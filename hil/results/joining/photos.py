# SPDX-License-Identifier: MIT
"""A photo that several boards have had counts once, by the answer that is the worst."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def once(photos: Iterable[Row]) -> list[Row]:
    """Return one row for each photo and content of the board.

    Args:
        photos: rows of a document.
    """
    return merged(photos, ("combination", "name"))


def merged(photos: Iterable[Row], keys: Sequence[str]) -> list[Row]:
    """Return one row for all that have the same values of some keys, in the order of the first.

    Of several, the row is that of the board that agrees the least with other ways to run the
    model; a judgement is the worst of all; and what only another row knows is added.

    Args:
        photos: rows of a document.
        keys: by which they are told apart.
    """
    groups: dict[Hashable, list[Row]] = {}
    for each in photos:
        groups.setdefault(tuple(each[key] for key in keys), []).append(each)
    return [_one(rows) for rows in groups.values()]


def _one(rows: Sequence[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    first, *others = sorted(rows, key=_agreeing)
    found: dict[str, Any] = {**first, "judgements": _judgements(rows)}
    for name in ("top5", "scores"):
        found[name] = {**_union(each[name] for each in others), **first[name]}
    for name in ("shared", "distance"):  # which are of one board's answer
        same = (each for each in others if _answer(each) == _answer(first))
        found[name] = {**_union(each[name] for each in same), **first[name]}
    for name in ("label", "label_id"):
        found[name] = next(
            (each[name] for each in (first, *others) if each[name] is not None), None
        )
    return found


def _agreeing(row: Row) -> tuple[object, ...]:
    """Return what is smaller the worse a board's answer is; one without an answer is last."""
    answer = _answer(row)
    others = (each for who, each in row["top5"].items() if who != "board")
    same = sum(each[0] == answer[0] for each in others if answer)
    agreeing = same + sum(row["shared"].values())
    return not answer, -_failed(row), agreeing, *answer, str(row["board"])


def _failed(row: Row) -> int:
    return sum(not each["passed"] for each in row["judgements"].values())


def _answer(row: Row) -> Sequence[int]:
    found: Sequence[int] = row["top5"].get("board", ())
    return found


def _judgements(rows: Iterable[Row]) -> dict[str, Row]:
    worst: dict[str, Row] = {}
    for row in rows:
        for name, each in row["judgements"].items():
            known = worst.setdefault(name, each)
            if (each["passed"], each["exact"]) < (known["passed"], known["exact"]):
                worst[name] = each
    return worst


def _union(trees: Iterable[Row]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in trees:
        found = {**each, **found}
    return found
