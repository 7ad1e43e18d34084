# SPDX-License-Identifier: MIT
"""The highest scores of an output, as boards and the edge report them."""

import numpy as np

from hil.model.accuracy import BEST
from hil.model.array import Array


def raw_scores(output: Array) -> Array:
    """Return scores as boards report them: flat, integers no wider than 32 bits.

    A wider one is the nearest that has room (docs/protocol.md, section 1.4).
    """
    flat = output.reshape(-1)
    if flat.dtype.kind == "f" or flat.dtype.itemsize < 4:
        return flat
    limits = np.iinfo(np.int32)
    low = 0 if flat.dtype.kind == "u" else limits.min
    clipped: Array = np.clip(flat, low, limits.max).astype(np.int32)
    return clipped


def top_k(output: Array, k: int = 5) -> list[tuple[int, float | int]]:
    """Return the ``k`` highest scores with their class ids, best first.

    Args:
        output: scores of one inference, any shape; flattened, the index is the class id.
        k: how many; fewer are returned when there are fewer classes.

    Returns:
        Pairs (class id, raw score); of equal scores the lower class id comes first.
    """
    scores = raw_scores(output)
    # int64 so that negating 8-bit scores cannot wrap; stable, so ties keep the order of ids
    keys = -scores.astype(np.float64 if scores.dtype.kind == "f" else np.int64)
    order = np.argsort(keys, kind="stable")[:k]
    return [(int(index), scores[index].item()) for index in order]


def shared_best(left: Array, right: Array) -> int:
    """Return how many of the best five classes two outputs of one model have in common.

    Classes whose scores equal the fifth's have the same right to be there: which of them are
    counted is chosen so that as many as possible are shared.

    Args:
        left: scores of one inference, any shape.
        right: those of another, as many.
    """
    above, tied, places = _best(left)
    above_too, tied_too, places_too = _best(right)
    taken = min(places, len(tied & above_too))
    taken_too = min(places_too, len(tied_too & above))
    both = min(places - taken, places_too - taken_too, len(tied & tied_too))
    return len(above & above_too) + taken + taken_too + both


def _best(output: Array) -> tuple[set[int], set[int], int]:
    """Return the classes above the fifth, those with its score, and the places these have."""
    scores = output.reshape(-1)
    places = min(BEST, len(scores))
    fifth = np.partition(scores, len(scores) - places)[len(scores) - places]
    above = set(np.flatnonzero(scores > fifth).tolist())
    return above, set(np.flatnonzero(scores == fifth).tolist()), places - len(above)
