# SPDX-License-Identifier: MIT
"""How often a latency test measures: ``--hil-rounds``, or until its verdicts are decided."""

from collections.abc import Iterator

import pytest

from hil.pytestplugin.budgets import is_decided
from hil.pytestplugin.run import Run


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
