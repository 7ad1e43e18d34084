# SPDX-License-Identifier: MIT
"""Figures computed from records: latency, agreement, accuracy."""

import math
from collections.abc import Iterable, Sequence

from hil.model.accuracy import Agreement
from hil.model.accuracy import agreement as compare
from hil.results.records import InferenceRecord, PhotoRecord

ROUNDS_FOR_P95 = 20
"""Fewer values than this say nothing about the 95th percentile."""


def percentile(values: Sequence[int], share: float) -> int:
    """Return the nearest-rank percentile: the smallest value that ``share`` of all do not exceed.

    Args:
        values: at least one.
        share: 0 < share <= 1.
    """
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def spread(values: Sequence[int]) -> dict[str, int | None]:
    """Return n, p50, p95 (None below :data:`ROUNDS_FOR_P95` values) and max."""
    enough = len(values) >= ROUNDS_FOR_P95
    return {
        "n": len(values),
        "p50": percentile(values, 0.50),
        "p95": percentile(values, 0.95) if enough else None,
        "max": max(values),
    }


def latency(inferences: Iterable[InferenceRecord]) -> list[dict[str, object]]:
    """Summarize the stages of all inferences, by link and clock, and the goodput.

    Goodput is the activation's payload over its transfer time, at the median, in bytes per second.
    """
    groups: dict[tuple[str, bool], list[InferenceRecord]] = {}
    for inference in inferences:
        groups.setdefault((inference.via, inference.simulated), []).append(inference)
    summaries: list[dict[str, object]] = []
    for (via, simulated), group in sorted(groups.items()):
        names = dict.fromkeys(name for each in group for name in each.stages_us)
        stages = {
            name: spread([each.stages_us[name] for each in group if name in each.stages_us])
            for name in names
        }
        rates = [
            round(each.activation_bytes * 1_000_000 / each.stages_us["transfer"])
            for each in group
            if each.stages_us.get("transfer", 0) > 0
        ]
        summaries.append(
            {
                "via": via,
                "simulated": simulated,
                "stages_us": stages,
                "goodput_bytes_per_s": percentile(rates, 0.50) if rates else None,
            }
        )
    return summaries


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
