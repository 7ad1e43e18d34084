# SPDX-License-Identifier: MIT
"""Compare two tensors element by element, and say in one line how they differ."""

from dataclasses import dataclass

import numpy as np

from hil.errors import BadInputError
from hil.model.array import Array


@dataclass(frozen=True)
class Comparison:
    """The outcome of :func:`compare`.

    Attributes:
        exact: every element is bit-identical (NaN equals the same NaN, 0.0 differs from -0.0).
        differing: number of elements that differ.
        largest: the largest absolute difference, in the tensor's own units (steps if quantized).
        message: one line for a report.
    """

    exact: bool
    differing: int
    largest: float
    message: str


def compare(actual: Array, expected: Array) -> Comparison:
    """Compare two tensors of equal shape and dtype.

    Raises:
        BadInputError: shapes or dtypes differ.
    """
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        raise BadInputError(
            f"Cannot compare {actual.dtype} {list(actual.shape)} with "
            f"{expected.dtype} {list(expected.shape)}; take two tensors of one kind."
        )
    width = actual.dtype.itemsize
    left = np.ascontiguousarray(actual).reshape(-1)
    right = np.ascontiguousarray(expected).reshape(-1)
    bits = left.view(f"u{width}") != right.view(f"u{width}")
    differing = int(np.count_nonzero(bits))
    if differing == 0:
        return Comparison(True, 0, 0.0, f"all {left.size} elements are identical")
    with np.errstate(invalid="ignore"):
        largest = float(np.max(np.abs(left[bits].astype(float) - right[bits].astype(float))))
    first = int(np.flatnonzero(bits)[0])
    place = ", ".join(str(int(i)) for i in np.unravel_index(first, actual.shape))
    message = (
        f"{differing} of {left.size} elements differ, by at most {largest:g}; "
        f"the first at [{place}]: {left[first]} instead of {right[first]}"
    )
    return Comparison(False, differing, largest, message)
