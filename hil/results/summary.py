# SPDX-License-Identifier: MIT
"""Figures computed from records: agreement, accuracy."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from hil.model.accuracy import Agreement, AgreementLimits
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


def agreement_rows(
    photos: Sequence[PhotoRecord], limits: AgreementLimits | None
) -> dict[str, dict[str, Any]]:
    """Return the agreement by reference, with limits and verdict where there are limits.

    Args:
        photos: all with the same model and cut on the board.
        limits: of that model.

    Returns:
        by reference: ``n`` photos, shares ``top1`` and ``top5`` (see
        :class:`hil.model.accuracy.Agreement`), ``limit`` (top1, top5; or None), ``judged``
        (enough photos and a limit) and ``passed`` (None when not judged).
    """
    rows: dict[str, dict[str, Any]] = {}
    for name, found in agreement(photos).items():
        limit = limits.limit(name) if limits else None
        judged = limit is not None and found.count >= min_photos(limits)
        rows[name] = {
            "n": found.count,
            "top1": found.top1,
            "top5": found.top5,
            "limit": dataclasses.asdict(limit) if limit else None,
            "judged": judged,
            "passed": found.top1 >= limit.top1 and found.top5 >= limit.top5
            if limit and judged
            else None,
        }
    return rows


def min_photos(limits: AgreementLimits | None) -> int:
    """Return the number of photos from which agreement is judged."""
    return limits.min_photos if limits else 0


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
