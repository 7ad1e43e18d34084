# SPDX-License-Identifier: MIT
"""Which boards of several workers are the same, and names of which none is borne by two."""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from hil.results.document import board_name

Board = Mapping[str, Any]
Place = tuple[str, str]
"""A worker, and what its document calls a board."""


def board_names(boards: Mapping[str, Iterable[Board]]) -> dict[Place, str]:
    """Return what each board is called where all are told of.

    A name stays unless several boards bear it: they are numbered. A board that another worker had
    later, since the first one died, is one board.

    Args:
        boards: of each worker, in the order in which they are to be numbered.
    """
    known: dict[tuple[str, str], list[Place]] = {}
    for worker, own in boards.items():
        for each in own:
            known.setdefault(_identity(worker, each), []).append((worker, each["name"]))
    wanted = [places[0][1] for places in known.values()]
    found: dict[Place, str] = {}
    taken = {name for name in wanted if wanted.count(name) == 1}
    for name, places in zip(wanted, known.values(), strict=True):
        new = name
        if wanted.count(name) > 1:
            new = next(free for n in count(1) if (free := f"{name}-{n}") not in taken)
        taken.add(new)
        found |= dict.fromkeys(places, new)
    return found


def _identity(worker: str, board: Board) -> tuple[str, str]:
    """Return what no other board has: a simulated one shares its address with all others."""
    if not board["simulated"]:
        return "mac", board["mac"]
    if board["name"] != board_name(board["kind"], board["mac"]):
        return "name", board["name"]
    return ("worker", worker) if board["kind"] == "virtual" else ("port", board["port"])
