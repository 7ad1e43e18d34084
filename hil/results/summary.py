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
    pairs: dict[str, list[tuple[tuple[int, ...], tuple[int, ...], int | None]]] = {}
    for photo in photos:
        for reference, classes in photo.top5.items():
            if reference != "board" and "board" in photo.top5:
                shared = photo.shared.get(reference)
                pairs.setdefault(reference, []).append((photo.top5["board"], classes, shared))
    return {reference: compare(*zip(*both, strict=True)) for reference, both in pairs.items()}


def accuracy(photos: Sequence[PhotoRecord]) -> dict[str, dict[str, float]]:
    """Return how often each predictor was right, by class ids.

    Returns:
        by who predicted: ``n`` labelled photos, the share ``top1`` whose best class was the
        label's, and the share ``top5`` of which it was among the best five.
    """
    judged: dict[str, list[tuple[tuple[int, ...], int]]] = {}
    for photo in photos:
        for predictor, classes in photo.top5.items():
            if photo.label_id is not None:
                judged.setdefault(predictor, []).append((classes, photo.label_id))
    return {
        predictor: {
            "n": len(pairs),
            "top1": sum(classes[0] == label for classes, label in pairs) / len(pairs),
            "top5": sum(label in classes for classes, label in pairs) / len(pairs),
        }
        for predictor, pairs in judged.items()
    }
