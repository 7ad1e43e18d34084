# SPDX-License-Identifier: MIT
"""The photos for which somebody predicts otherwise than the board, those first that must not be."""

from collections.abc import Sequence
from dataclasses import dataclass

from hil.report.grouping import Row

MOST_CARDS = 150
"""Photos that are shown; the others are named."""

REFERENCES = ("full", "xnnpack", "float32")


@dataclass(frozen=True)
class Guess:
    """One of the best five: the class's name, its score in words, whether it is the label's."""

    name: str
    score: str
    right: bool


@dataclass(frozen=True)
class Card:
    """One photo.

    Attributes:
        photo: its name.
        label: what it shows; empty if that is not known.
        failed: sentences of the judgements that it has not passed.
        board: whose answer it is, where there were several boards; empty else.
        best: the best five by predictor: the board's first, then those that disagree.
    """

    photo: str
    label: str
    failed: tuple[str, ...]
    board: str
    best: tuple[tuple[str, tuple[Guess, ...]], ...]


def class_name(class_id: int, names: Sequence[str]) -> str:
    """Return what a class is called; its number where it has no name."""
    return str(names[class_id]) if class_id < len(names) else f"class {class_id}"


def cards(
    photos: Sequence[Row], names: Sequence[str], *, boards: bool = False
) -> tuple[list[Card], list[str]]:
    """Return the photos that disagree, and the names of those that find no room.

    Args:
        photos: of one content of the board.
        names: of the model's classes, in class order; empty if they have none.
        boards: whether to say whose answers they are.
    """
    found = [(each, _otherwise(each)) for each in photos]
    wanted = [(each, others) for each, others in found if others or _failed(each)]
    wanted.sort(key=lambda pair: (not _failed(pair[0]), "full" not in pair[1], -len(pair[1])))
    shown = [
        _card(photo, others, names, photo["board"] or "" if boards else "")
        for photo, others in wanted[:MOST_CARDS]
    ]
    return shown, [photo["name"] for photo, _ in wanted[MOST_CARDS:]]


def _otherwise(photo: Row) -> list[str]:
    """Return which references have another first class than the board, or other best five."""
    top5 = photo["top5"]
    if "board" not in top5:
        return []
    return [
        name
        for name in REFERENCES
        if name in top5
        and (top5[name][0] != top5["board"][0] or (name == "full" and top5[name] != top5["board"]))
    ]


def _failed(photo: Row) -> tuple[str, ...]:
    return tuple(
        f"{name}: {each['sentence']}"
        for name, each in photo["judgements"].items()
        if not each["passed"]
    )


def _card(photo: Row, others: Sequence[str], names: Sequence[str], board: str) -> Card:
    who = ["board", *(others or [name for name in REFERENCES[:1] if name in photo["top5"]])]
    best = tuple((name, _guesses(photo, name, names)) for name in who if name in photo["top5"])
    return Card(photo["name"], photo["label"] or "", _failed(photo), board, best)


def _guesses(photo: Row, predictor: str, names: Sequence[str]) -> tuple[Guess, ...]:
    scores = photo["scores"].get(predictor) or ()
    return tuple(
        Guess(
            class_name(class_id, names),
            f"{scores[place]:.3f}" if place < len(scores) else "",
            class_id == photo["label_id"],
        )
        for place, class_id in enumerate(photo["top5"][predictor])
    )
