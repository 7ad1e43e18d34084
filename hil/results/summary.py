# SPDX-License-Identifier: MIT
"""Figures computed from records: agreement, accuracy."""

from collections.abc import Sequence

from hil.model.accuracy import Agreement
from hil.model.accuracy import agreement as compare
from hil.results.records import PhotoRecord


def agreement(photos: Sequence[PhotoRecord]) -> dict[str, Agreement]:
    """Compare the board with every reference, over the photos that both have predicted.

    Returns:
        agreement by reference (``full``, ``xnnpack``, ``float32``).
    """
    pairs: dict[str, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {}
    for photo in photos:
        for reference, classes in photo.top5.items():
            if reference != "board" and "board" in photo.top5:
                pairs.setdefault(reference, []).append((photo.top5["board"], classes))
    return {reference: compare(*zip(*both, strict=True)) for reference, both in pairs.items()}


def accuracy(photos: Sequence[PhotoRecord]) -> dict[str, dict[str, float]]:
    """Return, by who predicted, ``n`` labelled photos and the share ``top1`` that was right."""
    judged: dict[str, list[tuple[tuple[int, ...], int]]] = {}
    for photo in photos:
        for predictor, classes in photo.top5.items():
            if photo.label_id is not None:
                judged.setdefault(predictor, []).append((classes, photo.label_id))
    return {
        predictor: {
            "n": len(pairs),
            "top1": sum(classes[0] == label for classes, label in pairs) / len(pairs),
        }
        for predictor, pairs in judged.items()
    }
