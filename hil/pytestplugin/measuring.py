# SPDX-License-Identifier: MIT
"""The fixtures of latency tests: ``latency`` bears lost messages, ``hil_rounds`` counts rounds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from hil.pytestplugin.budgets import is_decided
from hil.pytestplugin.run import Run

if TYPE_CHECKING:
    from hil.board.board import Board
    from hil.board.measuring import Measuring


@pytest.fixture
def latency(board: "Board") -> "Measuring":
    """Measures the link that ``board`` is connected over; lost messages are counted, not raised.

    A ``hil.Measuring``: ``latency.infer(photo)`` and ``latency.rtt(size)`` return None
    where no answer came. The marker ``latency_budget`` has what was measured judged.
    """
    from hil.board.measuring import Measuring

    return Measuring(board)


class Rounds:
    """Numbers of the rounds that a latency test measures.

    Args:
        item: the test, by whose marker ``latency_budget`` is looked whether more are needed.
    """

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._certainty = Run.of(item.config).settings.certainty

    def __call__(self, *stages: str) -> Iterator[int]:
        """Yield 1, 2, 3 and so on, up to ``--hil-rounds``, and then as :meth:`more`.

        Args:
            stages: of the marker that these rounds measure; all if none are named.
        """
        yield from range(1, self._certainty.rounds + 1)
        yield from self.more(*stages)

    def more(self, *stages: str) -> Iterator[int]:
        """Yield the numbers behind ``--hil-rounds``, while a verdict is undecided.

        Without ``--hil-confidence`` there are none; nor are there beyond ``--hil-max-rounds``.
        """
        from hil.budgets.statistics.bounds import looks

        done = self._certainty.rounds
        if not self._certainty.sequential:
            return
        for look in (done, *looks(self._certainty.max_rounds)):
            if look < done:
                continue
            yield from range(done + 1, look + 1)
            done = look
            if is_decided(self._item, stages):
                return


@pytest.fixture
def hil_rounds(request: pytest.FixtureRequest) -> Rounds:
    """The rounds of a latency test, to be gone through by ``for``.

    ``for number in hil_rounds("rtt_small"): ...`` measures ``--hil-rounds`` times, and with
    ``--hil-confidence`` as often as it takes to decide what the marker ``latency_budget`` asks.
    """
    assert isinstance(request.node, pytest.Item)
    return Rounds(request.node)
