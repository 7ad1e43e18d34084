# SPDX-License-Identifier: MIT
"""Figures computed from records: latency, agreement, accuracy."""

import math
from collections.abc import Iterable, Sequence

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


def agreement(photos: Iterable[PhotoRecord]) -> dict[str, dict[str, int]]:
    """Count, for every reference, the photos on which the board agrees with it.

    Returns:
        by reference (``full``, ``xnnpack``, ``float32``): ``n`` photos compared, ``top1`` with the
        same first class, ``top5`` with the reference's first class among the board's five.
    """
    counts: dict[str, dict[str, int]] = {}
    for photo in photos:
        board = photo.top5.get("board")
        if not board:
            continue
        for reference, classes in photo.top5.items():
            if reference != "board":
                count = counts.setdefault(reference, {"n": 0, "top1": 0, "top5": 0})
                count["n"] += 1
                count["top1"] += board[0] == classes[0]
                count["top5"] += classes[0] in board
    return counts


def accuracy(photos: Iterable[PhotoRecord]) -> dict[str, dict[str, int]]:
    """Count, for everyone who predicted, how often the label's class came first or among five."""
    counts: dict[str, dict[str, int]] = {}
    for photo in photos:
        if photo.label_id is None:
            continue
        for predictor, classes in photo.top5.items():
            count = counts.setdefault(predictor, {"n": 0, "top1": 0, "top5": 0})
            count["n"] += 1
            count["top1"] += classes[0] == photo.label_id
            count["top5"] += photo.label_id in classes
    return counts
