# SPDX-License-Identifier: MIT
"""Whether the split predicts what it should: judgements, agreement, distance, confusion."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hil.report.charts.figure import Caption, Table
from hil.report.charts.strips import Range, Strip, strips
from hil.report.disagreement import Card, cards, class_name
from hil.report.grouping import (
    Document,
    Row,
    by_combination,
    has_several_boards,
    is_simulated,
)
from hil.results.joining.photos import once
from hil.results.table import JUDGEMENTS

_MATRIX = 12
"""Classes that a confusion matrix may have; of more only what was confused is listed."""

_MOST_CONFUSIONS = 20
_MEANINGS = {
    "transport": "the edge received the bytes that the board computed",
    "composition": "the output is what the reference tail makes of what was received",
    "kernel": "the activation is what the reference head computes",
    "full": "the output is that of the uncut model",
}


@dataclass(frozen=True)
class Matrix:
    """How often photos of a class were taken for another.

    Attributes:
        names: of the classes.
        rows: for each class that photos show, how often each class came first.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Accuracy:
    """What there is to say about the predictions with one content of the board.

    Attributes:
        name: of the content; empty in a run with only one.
        judgements, agreement, right: tables; None where nothing was judged, or no label is known.
        distance: chart of each photo's distance from other predictors; None where it is not known.
        cards: the photos that disagree.
        left_out: names of those that are not shown.
        photos: every photo, as a table.
        matrix: confusion among labels; None without labels, or with too many.
        confused: what was taken for what; None if nothing was, or no label is known.
    """

    name: str
    judgements: Table | None
    agreement: Table | None
    right: Table | None
    distance: Markup | None
    cards: tuple[Card, ...]
    left_out: tuple[str, ...]
    photos: Table
    matrix: Matrix | None
    confused: Table | None


def accuracies(document: Document) -> list[Accuracy]:
    """Return the predictions of each content of the board that photos were inferred with."""
    contents = {each["name"]: each for each in document["combinations"]}
    found = []
    boards = has_several_boards(document)
    for number, (name, answers) in enumerate(by_combination(document["photos"]).items()):
        photos = once(answers)
        about = contents.get(name, document)
        names = _labels(document, about)
        shown, left_out = cards(photos, names, boards=boards)
        found.append(
            Accuracy(
                name if len(contents) > 1 else "",
                _judgements(photos),
                _agreement(about["agreement"]),
                _right(about["accuracy"]),
                _distance(photos, number, is_simulated(document)),
                tuple(shown),
                tuple(left_out),
                _table(answers, names, boards=boards),
                _matrix(photos, names),
                _confused(photos, names),
            )
        )
    return found


def _labels(document: Document, about: Row) -> Sequence[str]:
    model = about["model"]
    return document["labels"].get(model["model_id"], ()) if model else ()


def _judgements(photos: Sequence[Row]) -> Table | None:
    rows = []
    for name in JUDGEMENTS:
        found = [each["judgements"][name] for each in photos if name in each["judgements"]]
        if found:
            exact, passed = (sum(each[key] for each in found) for key in ("exact", "passed"))
            counts = (f"{exact} of {len(found)}", f"{passed} of {len(found)}")
            rows.append([name, _MEANINGS[name], *counts])
    headings = ["judgement", "what it says", "exact", "passed"]
    return Table(headings, rows) if rows else None


def _agreement(agreement: Row) -> Table | None:
    rows = []
    for name, row in agreement["with"].items():
        limit = row["limit"]
        told = f"{limit['top1']:.0%} and {limit['top5']:.0%}" if limit else "none"
        if not limit:
            verdict = "reported"
        elif not row["judged"]:
            verdict = f"not judged below {agreement['min_photos']} photos"
        else:
            verdict = "held" if row["passed"] else "BROKEN"
        rows.append([name, row["n"], f"{row['top1']:.1%}", f"{row['top5']:.1%}", told, verdict])
    headings = [
        "the board with",
        "photos",
        "same first class",
        "of the best five",
        "limits",
        "verdict",
    ]
    return Table(headings, rows) if rows else None


def _right(accuracy: Row) -> Table | None:
    rows = [
        [name, row["n"], f"{row['top1']:.1%}", _percent(row["top5"])]
        for name, row in accuracy.items()
    ]
    headings = ["predictor", "labelled photos", "first class right", "among the best five"]
    return Table(headings, rows) if rows else None


def _percent(share: float | None) -> str:
    return "not told" if share is None else f"{share:.1%}"


def _distance(photos: Sequence[Row], number: int, simulated: bool) -> Markup | None:
    rows = []
    for predictor in ("full", "xnnpack", "float32"):
        known = [each for each in photos if predictor in each["distance"]]
        if known:
            values = [each["distance"][predictor]["largest"] for each in known]
            told = [
                f"{each['name']}: largest difference {value:.4g}, "
                f"mean {each['distance'][predictor]['mean']:.4g}"
                for each, value in zip(known, values, strict=True)
            ]
            median = Range("median", statistics.median(values))
            rows.append(Strip(predictor, values, (median,), told=told))
    if not rows:
        return None
    caption = Caption(
        f"distance-{number}",
        "Distance of each photo's scores from other predictors'",
        "For each photo a dot: the largest difference between the board's score of a class and "
        "that of the full int8 model, of other kernels, and of the float model.",
        simulated,
    )
    return strips(caption, "difference of scores", rows)


def _table(photos: Sequence[Row], names: Sequence[str], *, boards: bool) -> Table:
    whose = ["board"] if boards else []
    headings = ["photo", *whose, "label", "exact", *(f"first by {each}" for each in _PREDICTORS)]
    rows = []
    for photo in photos:
        judged = photo["judgements"]
        wrong = [name for name in JUDGEMENTS if name in judged and not judged[name]["exact"]]
        exact = (f"not {', '.join(wrong)}" if wrong else "yes") if judged else "not judged"
        first = (
            class_name(photo["top5"][each][0], names) if each in photo["top5"] else ""
            for each in _PREDICTORS
        )
        own = [photo["board"] or ""] if boards else []
        rows.append([photo["name"], *own, photo["label"] or "", exact, *first])
    return Table(headings, rows)


_PREDICTORS = ("board", "full", "xnnpack", "float32")


def _matrix(photos: Sequence[Row], names: Sequence[str]) -> Matrix | None:
    pairs = _pairs(photos)
    classes = sorted({each for pair in pairs for each in pair})
    if not 2 <= len(classes) <= _MATRIX:
        return None
    rows = tuple(tuple(pairs[true, guess] for guess in classes) for true in classes)
    return Matrix(tuple(class_name(each, names) for each in classes), rows)


def _confused(photos: Sequence[Row], names: Sequence[str]) -> Table | None:
    wrong = Counter({pair: n for pair, n in _pairs(photos).items() if pair[0] != pair[1]})
    rows = [
        [class_name(true, names), class_name(guess, names), count]
        for (true, guess), count in wrong.most_common(_MOST_CONFUSIONS)
    ]
    return Table(["label", "taken for", "photos"], rows) if rows else None


def _pairs(photos: Sequence[Row]) -> Counter[tuple[int, int]]:
    """Count, by the label's class and the class that the board had first."""
    return Counter(
        (photo["label_id"], photo["top5"]["board"][0])
        for photo in photos
        if photo["label_id"] is not None and "board" in photo["top5"]
    )
