# SPDX-License-Identifier: MIT
"""A circuit breaker: after so many errors of the rig in a row, nothing is tried any more. Pure."""

import copy

from hil.device.retry import FINAL
from hil.errors import InfrastructureError


class Breaker:
    """Counts the tests in a row that an error of the rig has ended, of one board or one link.

    Args:
        limit: how many open it; 1: the first.
        what: is not tried any more, for the sentence.

    Attributes:
        open_by: why nothing is tried any more; ``None`` as long as something is.
    """

    def __init__(self, limit: int, what: str) -> None:
        self.open_by: InfrastructureError | None = None
        self._limit = limit
        self._what = what
        self._row: dict[str, InfrastructureError] = {}  # by test, the first error of each

    def note(self, error: InfrastructureError, test: str) -> None:
        """Learn of an error that has ended a phase of a test."""
        if self.open_by is not None:
            return
        self._row.setdefault(test, error)
        if self._limit == 1 or isinstance(error, FINAL):
            self.open_by = error
        elif len(self._row) >= self._limit:
            self.open_by = copy.copy(error)
            self.open_by.args = (
                f"{self._what} is not tried any more: {len(self._row)} tests in a row have ended "
                f"with errors of the rig (--hil-breaker), the last so: {error}",
            )

    def note_sound(self) -> None:
        """Learn of a test that the rig has not kept from its end."""
        self._row.clear()

    def require_closed(self) -> None:
        """Raise what has opened it, if anything has.

        Raises:
            InfrastructureError: of the class of the last error.
        """
        if self.open_by is not None:
            raise self.open_by.with_traceback(None)
