# SPDX-License-Identifier: MIT
"""A worker as two schedulers see it: pytest-xdist's own, and the one around that."""

from collections.abc import Sequence
from typing import Any


class Seat:
    """What one worker has been given to do, and how pytest-xdist's scheduler is to see it.

    A worker runs a test only when it knows what comes behind it. Where that is open yet, it is
    given a rest, which is the item behind the last: it has then nothing to do, and keeps its board.

    Args:
        node: pytest-xdist's.

    Attributes:
        ids: of the tests that it has collected; None until it has.
        outstanding: indices of what it has been given and not yet done, in order.
        own: those of them that this side has given, and not pytest-xdist's scheduler.
        back: those that it gives back; filled by the thread that hears the worker.
        broken: why its board is of no use any more; empty as long as it is.
        kinds: indices of tests by :data:`hil.pytestplugin.farm.words.KINDS`, and in ``together``
            lists of those that one worker is to run in a row.
        board: what the board is called that it is lent; empty if it takes its own.
        refused: why it can run no test, and the exit code for that, if there is such a reason.
        ran: how many tests with a board it has run.
    """

    def __init__(self, node: Any) -> None:
        self.node = node
        self.ids: list[str] | None = None
        self.outstanding: list[int] = []
        self.own: set[int] = set()
        self.back: set[int] = set()
        self.broken = ""
        self.board = ""
        self.refused: tuple[str, int] | None = None
        self.kinds: dict[str, list[Any]] = {}
        self.ran = 0
        self.proxy = Proxy(self)
        self.channel: Any = None

    @property
    def name(self) -> str:
        """Of the worker."""
        name: str = self.node.gateway.id
        return name

    @property
    def is_open(self) -> bool:
        """Whether it may be given tests."""
        return self.ids is not None and not self.broken and not self.node.shutting_down

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to do."""
        return all(index == self._rest for index in self.outstanding)

    @property
    def running(self) -> int | None:
        """The index of the test that it is about, if any."""
        return next((index for index in self.outstanding if index != self._rest), None)

    def give(self, indices: Sequence[int], *, own: bool = False) -> None:
        """Give it tests to run."""
        if indices and not self.node.shutting_down:
            self.outstanding += indices
            if own:
                self.own.update(indices)
            self.node.send_runtest_some(list(indices))

    def let_rest(self) -> None:
        """Have it run the last of what it has been given, and wait for more."""
        if self.outstanding and self.outstanding[-1] != self._rest:
            self.give([self._rest])

    def done(self, index: int) -> bool:
        """Note that it has done what it was given; return whether it was a test, not a rest."""
        self.outstanding.remove(index)
        return index != self._rest

    def say(self, *message: object) -> None:
        """Tell the worker something."""
        if self.channel is not None and not self.channel.isclosed():
            self.channel.send(message)

    @property
    def _rest(self) -> int:
        assert self.ids is not None
        return len(self.ids)


class Proxy:
    """A worker as pytest-xdist's scheduler sees it: with the tests of the first pass alone.

    Args:
        seat: of the worker.

    Attributes:
        first: in the order of the scheduler's, the indices in the worker's own list of each of
            its tests, which may stand for several.
    """

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self.first: Sequence[Sequence[int]] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._seat.node, name)

    @property
    def shutting_down(self) -> bool:
        """Whether it is to be given nothing more."""
        return not self._seat.is_open

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Have it run tests."""
        self._seat.give(self._those(indices))

    def send_runtest_all(self) -> None:
        """Have it run all tests of the first pass."""
        self._seat.give(self._those(range(len(self.first))))

    def send_steal(self, indices: Sequence[int]) -> None:
        """Have it give back tests that it has not begun."""
        self._seat.node.send_steal(self._those(indices))

    def shutdown(self) -> None:
        """Have it run what it has: it may be given more, and the second pass is to come."""
        self._seat.let_rest()

    def _those(self, indices: Sequence[int]) -> list[int]:
        return [each for index in indices for each in self.first[index]]
