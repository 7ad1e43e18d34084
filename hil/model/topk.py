# SPDX-License-Identifier: MIT
"""The highest scores of an output, as boards and the edge report them."""

import numpy as np

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
