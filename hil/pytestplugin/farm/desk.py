# SPDX-License-Identifier: MIT
"""What a worker hears from the controller, and the tests that it leaves to others."""

import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hil import errors
from hil.errors import InfrastructureError
from hil.pytestplugin.farm import alone, benchmarks
from hil.pytestplugin.farm.portions import together
from hil.pytestplugin.farm.rest import Rest, tear_down
from hil.pytestplugin.farm.words import (
    BACK,
    BROKEN,
    CHANNEL,
    CHECK,
    KEEP,
    KINDS,
    LOST,
    MOVES,
    REFUSED,
    TESTS,
    TOGETHER,
)
from hil.pytestplugin.outcomes.kinds import needs_board

if TYPE_CHECKING:
    from hil.pytestplugin.bench.bench import Bench
    from hil.rig.providers.interface import Lender

_GRACE_S = 10.0
"""For a worker to end by itself whose controller is gone: somebody else may have the board now."""

_PATIENCE_S = 10.0
"""For the controller's answer, which asks a board's provider."""


class Desk:
    """What a worker hears from the controller, and whether it runs the tests that it is given.

    Args:
        config: of the worker's session.
    """

    def __init__(self, config: pytest.Config) -> None:
        told: dict[str, Any] = config.workerinput  # type: ignore[attr-defined]
        self._channel = told[CHANNEL]
        self._gives_back = bool(told[MOVES])
        self._answers: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._listeners: list[tuple[str, Callable[[], None]]] = []
        self._broken = self._rests = False
        self._last: pytest.Item | None = None
        self._late: list[pytest.TestReport] = []
        self._unopened: InfrastructureError | None = None
        self._channel.setcallback(self._hear, endmarker=None)

    def announce(self, session: pytest.Session) -> None:
        """Say what has been collected, before pytest-xdist does."""
        items = session.items
        found = {
            "board": [place for place, item in enumerate(items) if needs_board(item)],
            "latency": [p for p, item in enumerate(items) if alone.is_to_be_alone(item)],
            "benchmark": [p for p, item in enumerate(items) if benchmarks.measures(item)],
        }
        told = {kind: found[kind] for kind in KINDS}
        self._channel.send((TESTS, {**told, TOGETHER: together(items)}))
        self._rests = bool(found["board"])
        if self._rests:
            benchmarks.say_nothing(session.config)

    def refuse(self, error: BaseException) -> None:
        """Say why no test can be run: pytest-xdist passes nothing on of what ends a worker."""
        code = getattr(error, "returncode", pytest.ExitCode.USAGE_ERROR)
        self._channel.send((REFUSED, str(error), int(code)))

    def seat(self, session: pytest.Session) -> None:
        """Put a rest behind the tests, once pytest-xdist has said what they are.

        Where none needs a board, pytest-xdist is left to itself.
        """
        if self._rests:
            session.items.append(Rest.behind(session))

    def replaces(self, item: pytest.Item, following: pytest.Item | None) -> bool:
        """Return whether a test is not run here, with what there is to do in its place done."""
        if not isinstance(item, Rest):
            if not (self._broken and self._gives_back and needs_board(item)):
                self._last = item
                return False
            self._channel.send((BACK, item.session.items.index(item)))
        if self._last is not None and (report := tear_down(self._last, following)) is not None:
            self._late.append(report)
        if isinstance(item, Rest):
            late, self._late = self._late, []
            item.tell(late)
        return True

    def note(self, error: BaseException | None, bench: "Bench | None") -> None:
        """Learn of what ended a phase of a test that uses a board.

        Args:
            error: what it was; None if it has ended by itself.
            bench: the open boards; None where they could not be opened.
        """
        if bench is None and isinstance(error, InfrastructureError):
            self._unopened = error
        why = self._unopened if bench is None else bench.out_of_use
        if why is not None and not self._broken:
            self._broken = True
            if self._gives_back:
                self._channel.send((BROKEN, str(why)))

    def lender(self, port: str) -> "Lender":
        """Return whom to ask about the board at a port that the controller lends."""
        return _Controller(port, self)

    def check(self, port: str) -> None:
        """Ask the controller whether a board is still lent.

        Raises:
            InfrastructureError: it is not, as the sentence says.
        """
        self._channel.send((CHECK, port))
        try:
            kind, why = self._answers.get(timeout=_PATIENCE_S)
        except queue.Empty:
            return  # nobody can tell
        if kind:
            raise getattr(errors, kind, InfrastructureError)(why)

    def listen(self, port: str, listener: Callable[[], None]) -> None:
        """Have something called, in another thread, when the controller has lost a board."""
        self._listeners.append((port, listener))

    def _hear(self, message: "tuple[Any, ...] | None") -> None:
        if message is None:
            threading.Thread(target=_end_at_last, daemon=True).start()
        elif message[0] == KEEP:
            self._gives_back = False
        elif message[0] == CHECK:
            self._answers.put(message[1:])
        elif message[0] == LOST:
            for port, listener in list(self._listeners):
                if port == message[1]:
                    listener()


@dataclass(frozen=True)
class _Controller:
    """The controller, as far as the board at a port goes: a ``Lender``."""

    port: str
    desk: Desk

    def check(self) -> None:
        """Make sure that it still has the board."""
        self.desk.check(self.port)

    def on_lost(self, listener: Callable[[], None]) -> None:
        """Have something called when it has lost the board."""
        self.desk.listen(self.port, listener)


def _end_at_last() -> None:
    threading.Event().wait(_GRACE_S)
    os._exit(1)
