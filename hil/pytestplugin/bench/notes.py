# SPDX-License-Identifier: MIT
"""What is noted of boards and links beside the tests: a pass is not to hide it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hil.health.remarks import is_retry

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.edge import EdgeServer
    from hil.edge.hearing import Hearing
    from hil.results import Results


class Notes:
    """Enters into results what boards' starts took, and what strangers sent.

    Args:
        results: of the run.
    """

    def __init__(self, results: "Results") -> None:
        self._results = results
        self._foreign: dict[Hearing, int] = {}

    def keep(self, boards: Iterable["Board"], edge: "EdgeServer | None") -> None:
        """Note what there is by now.

        Args:
            boards: all that are open, the one under test first.
            edge: the edge server that they have at present, if any.
        """
        first, *others = boards
        self._results.retries = sum(map(is_retry, first.notes))
        notes = [f"{board.port}: {note}" for board in (first, *others) for note in board.notes]
        self._results.notes[:] = notes
        if edge is not None:
            self._foreign[edge.hearing] = edge.hearing.foreign_count
            self._results.authentication.foreign = sum(self._foreign.values())
