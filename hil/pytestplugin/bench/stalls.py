# SPDX-License-Identifier: MIT
"""Failures that cost a long wait each: after the first on a link, its other tests fail at once.

A board that falls silent, or a link that never comes up, is waited for in real time; were every
test to find it out for itself, a defect would take minutes to be told of. A console that has fallen
silent on two links will on the others: it is one console. A watchdog takes its time as well, but
then the board is reset and may be sound until it is asked the same again: it has to bark twice.
"""

from collections import Counter

from hil.errors import BoardPanic, BoardSilent, LineMissing, MessageLost, ProductFailure
from hil.symptoms import Misbehaviour

_WAITED_FOR = ("hello-wrong", "link-not-up", "network-not-joined")
"""Symptoms that are found by waiting in vain."""


_LINKS_SILENT = _BARKS = 2


class Stalls:
    """Remembers the first failure of that kind on each link.

    Args:
        simulated: whether a board's own ten seconds, after which it gives up on an answer, pass
            in no time.
    """

    def __init__(self, *, simulated: bool) -> None:
        self._simulated = simulated
        self._first: dict[str, tuple[str, ProductFailure]] = {}
        self._silent: list[str] = []
        self._barks: Counter[str] = Counter()

    def note(self, error: BaseException, via: str, test: str) -> None:
        """Learn of an error that ended a test on a link."""
        if isinstance(error, BoardPanic) and error.by_watchdog:
            self._barks[via] += 1
        if isinstance(error, ProductFailure) and self._is_wait(error, via):
            self._first.setdefault(via, (test, error))
            if isinstance(error, BoardSilent) and via not in self._silent:
                self._silent.append(via)

    def require_none(self, via: str) -> None:
        """Raise where a test on this link has waited in vain.

        Raises:
            Repeated: it names the first that was.
        """
        if len(self._silent) >= _LINKS_SILENT:
            via = self._silent[0]
        if via not in self._first:
            return
        test, error = self._first[via]
        raise Repeated(test, error) from None

    def _is_wait(self, error: ProductFailure, via: str) -> bool:
        if isinstance(error, Repeated):
            return False
        if isinstance(error, MessageLost):
            return not (error.tolerated or self._simulated)
        if isinstance(error, BoardPanic):
            return error.by_watchdog and self._barks[via] >= _BARKS
        if isinstance(error, Misbehaviour):
            return error.symptom in _WAITED_FOR
        return isinstance(error, BoardSilent) and not isinstance(error, LineMissing)


class Repeated(ProductFailure):
    """What an earlier test has shown on the same link.

    Attributes:
        symptom: that of the first failure, if it has one.
    """

    def __init__(self, test: str, first: ProductFailure) -> None:
        """Name the test that has found out."""
        super().__init__(f"as in {test}: {first}")
        self.symptom: str | None = getattr(first, "symptom", None)
