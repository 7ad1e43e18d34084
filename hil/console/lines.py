# SPDX-License-Identifier: MIT
"""Lines of a board's firmware, whatever that is: waiting for one that is wanted."""

import re
import threading
from collections.abc import Callable

from hil.console.incoming.input import ConsoleInput
from hil.console.log import LogLine
from hil.errors import BadInputError, BoardSilent, LineMissing

EXPECT_S = 30.0
"""For a line of which nobody says how long it may take, as pytest-embedded has it."""


class ConsoleLines(ConsoleInput):
    """A console whose lines can be waited for; firmware need not speak the protocol for it."""

    def expect(self, pattern: str | re.Pattern[str], *, timeout: float = EXPECT_S) -> re.Match[str]:
        """Return where a pattern is found in the next line of the board that holds it.

        The lines that count are those behind the one found last, or since the board was reset: what
        came before the call is not missed. Firmware need not speak the protocol for it.

        Args:
            pattern: a regular expression; it may be found anywhere in a line, and in one line only.
            timeout: seconds of real time.

        Returns:
            the match, with its groups.

        Raises:
            BadInputError: `pattern` is no regular expression.
            LineMissing: no such line came in time; the last lines are quoted.
            BoardPanic, BootFailure, ConsoleError: as for :meth:`request`.
        """
        try:
            wanted = re.compile(pattern)
            wanted.search("")
        except (re.error, TypeError) as error:
            raise BadInputError(
                f"{pattern!r} is no regular expression for text ({error}); re.escape() takes text "
                "as it is."
            ) from error
        what = f"a line with {wanted.pattern!r}"
        try:
            return self._wait(lambda: self._unmatched.take(wanted), timeout, what)
        except BoardSilent as silence:
            raise self._faults.quoting(LineMissing(str(silence))) from None

    def wait_line(self, accept: Callable[[str], bool], timeout: float) -> bool:
        """Wait until a line that has yet to come satisfies ``accept``; tell whether one did.

        Raises:
            BoardPanic, BootFailure, ConsoleError: as for :meth:`request`.
        """
        seen = threading.Event()

        def listener(line: LogLine) -> None:
            if accept(line.text):
                seen.set()

        stop = self.listen(listener)
        try:
            self._wait(lambda: seen.is_set() or None, timeout, "a line")
        except BoardSilent:
            return False
        finally:
            stop()
        return True
