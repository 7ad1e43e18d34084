# SPDX-License-Identifier: MIT
"""How often predictions agree with each other and with the truth."""

from collections.abc import Sequence
from dataclasses import dataclass

from hil.errors import BadInputError


@dataclass(frozen=True)
class Agreement:
    """Agreement of two sets of predictions over the same photos.

    Attributes:
        count: number of photos.
        top1: share of photos with the same best class, 0..1.
        top5: mean share of one's top-5 classes that are in the other's top 5, 0..1.
    """

    count: int
    top1: float
    top5: float


def agreement(left: Sequence[Sequence[int]], right: Sequence[Sequence[int]]) -> Agreement:
    """Compare two predictors.

    Args:
        left: for each photo its top class ids, best first (five, or fewer with fewer classes).
        right: the same photos' class ids by the other predictor.

    Raises:
        BadInputError: the numbers of photos differ, or there are none.
    """
    _check(len(left), len(right))
    top1 = sum(a[0] == b[0] for a, b in zip(left, right, strict=True))
    shared = [
        len(set(a[:5]) & set(b[:5])) / min(5, len(a)) for a, b in zip(left, right, strict=True)
    ]
    return Agreement(len(left), top1 / len(left), sum(shared) / len(left))


def accuracy(predictions: Sequence[Sequence[int]], labels: Sequence[int | None]) -> float | None:
    """Return the share of labelled photos whose best class is the label; None without labels.

    Args:
        predictions: for each photo its top class ids, best first.
        labels: for each photo its class id, or None where unknown.

    Raises:
        BadInputError: the numbers of photos and labels differ, or there are none.
    """
    _check(len(predictions), len(labels))
    known = [
        (ids[0], label) for ids, label in zip(predictions, labels, strict=True) if label is not None
    ]
    return sum(best == label for best, label in known) / len(known) if known else None


def _check(left: int, right: int) -> None:
    if left != right or left == 0:
        raise BadInputError(
            f"Cannot compare {left} predictions with {right}; give the same photos, at least one."
        )
