# SPDX-License-Identifier: MIT
"""Which boards of a session differ from their siblings in their figures. Pure."""

from collections.abc import Mapping
from statistics import median
from typing import Any

from hil.health.assessment import is_far
from hil.health.entry import Difference
from hil.health.limits import HealthLimits

FEWEST = 3
"""Boards: of two that differ nobody knows which is the sick one."""

STAGES = ("invoke", "transfer")
"""What the board itself takes, and what its link does; the rest is made of these."""

_SCATTER = 3
"""Times as far from the median of its siblings as the furthest of these: no chance, but it."""


def differences(
    document: Mapping[str, Any], limits: HealthLimits
) -> dict[str, tuple[Difference, ...]]:
    """Return by name those boards that differ from the others, and in what.

    Compared is what did the same: the same firmware, model and cut over the same link, by a clock
    that no load can touch or under the same load. A board
    differs that is further from the median of its siblings' medians than the limits allow, and
    far outside of their own scatter.

    Args:
        document: by ``docs/results.schema.json``, of several boards.
        limits: how far is too far.
    """
    medians: dict[tuple[str, ...], dict[str, int]] = {}
    for row in document["latency"]:
        for stage in STAGES:
            p50 = row["stages_us"].get(stage, {}).get("p50")
            if p50 is not None:
                load = "advisory" if row["advisory"] and not row["simulated"] else "alone"
                content = row["combination"], row["tail"], str(row["simulated"])
                alike = (*content, load, row["via"], stage)
                medians.setdefault(alike, {})[row["board"]] = p50
    found: dict[str, list[Difference]] = {}
    for (*_, via, stage), boards in medians.items():
        for name, median_us in boards.items() if len(boards) >= FEWEST else ():
            others = [each for other, each in boards.items() if other != name]
            centre = round(median(others))
            scatter = max(abs(each - centre) for each in others)
            if is_far(median_us, centre, limits) and abs(median_us - centre) > _SCATTER * scatter:
                found.setdefault(name, []).append(Difference(via, stage, median_us, centre))
    return {name: tuple(each) for name, each in found.items()}
