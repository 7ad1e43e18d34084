# SPDX-License-Identifier: MIT
"""How often predictions agree with each other and with the truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hil.errors import BadInputError

BEST = 5
"""How many of the best classes are compared."""


@dataclass(frozen=True)
class AgreementLimit:
    """Smallest shares of photos, 0..1, that must agree.

    Attributes:
        top1: share with the same first class.
        top5: mean share of the five classes that both have.
    """

    top1: float
    top5: float

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        for name, value in (("top1", self.top1), ("top5", self.top5)):
            if not 0 <= value <= 1:
                raise BadInputError(f"Agreement has {name} = {value:g}; give a share from 0 to 1.")


@dataclass(frozen=True)
class AgreementLimits:
    """How often a board with a model must agree with other ways to run the same model.

    Attributes:
        min_photos: with fewer photos, agreement is reported and not judged.
        xnnpack: with XNNPACK's kernels; None where that is not judged.
        float32: with the model before quantization; likewise.
    """

    min_photos: int = 100
    xnnpack: AgreementLimit | None = None
    float32: AgreementLimit | None = None

    def __post_init__(self) -> None:
        """Refuse a number of photos that is none."""
        if self.min_photos < 1:
            raise BadInputError(f"Agreement has min_photos = {self.min_photos}; give 1 or more.")

    def limit(self, reference: str) -> AgreementLimit | None:
        """Return the limit of a reference by its name; None where there is none."""
        return {"xnnpack": self.xnnpack, "float32": self.float32}.get(reference)


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


def agreement(
    left: Sequence[Sequence[int]],
    right: Sequence[Sequence[int]],
    shared: Sequence[int | None] = (),
) -> Agreement:
    """Compare two predictors.

    Args:
        left: for each photo its top class ids, best first (five, or fewer with fewer classes).
        right: the same photos' class ids by the other predictor.
        shared: for each photo what :func:`hil.model.topk.shared_best` says, None where only the ids
            are known.

    Raises:
        BadInputError: the numbers of photos differ, or there are none.
    """
    _check(len(left), len(right))
    top1 = sum(a[0] == b[0] for a, b in zip(left, right, strict=True))
    known = shared or [None] * len(left)
    shares = [
        (len(set(a[:BEST]) & set(b[:BEST])) if count is None else count) / min(BEST, len(a))
        for a, b, count in zip(left, right, known, strict=True)
    ]
    return Agreement(len(left), top1 / len(left), math.fsum(shares) / len(left))


def _check(left: int, right: int) -> None:
    if left != right or left == 0:
        raise BadInputError(
            f"Cannot compare {left} predictions with {right}; give the same photos, at least one."
        )
