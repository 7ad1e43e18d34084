# SPDX-License-Identifier: MIT
"""One cut for several links: a board has one model slot, and its links take turns. Pure."""

from collections.abc import Sequence

from hil.errors import BadInputError
from hil.planning.sweep import CutFigures, Sweep


def best_cut(sweep: Sweep, links: Sequence[str]) -> CutFigures:
    """Return the cut that is best over all of some links.

    Over one link that is the fastest. Over several it is the one whose worst ratio to the fastest
    cut of a link is the least; on a tie the one that sends less, computes less, is smaller.

    Raises:
        BadInputError: the model has no cut whose head fits on a board.
    """
    fastest = {via: sweep.fastest(via) for via in links}
    candidates = [
        each for each in sweep.cuts if all(each in sweep.candidates(via) for via in links)
    ]
    if not candidates:
        raise BadInputError(
            f"No head of {sweep.model} fits on a board: "
            f"{'; '.join(sweep.cuts[0].obstacles) if sweep.cuts else 'it has no legal cut'}."
        )

    def regret(each: CutFigures) -> float:
        return max(
            each.times[via].total_us / best.times[via].total_us
            for via, best in fastest.items()
            if best is not None
        )

    return min(candidates, key=lambda each: (regret(each), each.weights))
