# SPDX-License-Identifier: MIT
"""The simulated clock: a queue of events that never reads the wall clock.

Time is counted in cycles of the ESP32-S3 at 240 MHz, so that all arithmetic is exact. The next
event fires at once in real time, whatever lies between; but while the host owes an answer,
simulated time stands still, so that the host's speed never shows in a simulated figure.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable

CYCLES_PER_US = 240

RESTLESS_EVENTS = 10_000
"""Events after which what comes from outside waits no longer for boards that never come to rest."""


class Event:
    """A scheduled call, which can be cancelled."""

    __slots__ = ("_call", "time")

    def __init__(self, time: int, call: Callable[[], None]) -> None:
        self.time = time
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Make the event do nothing when its time comes."""
        self._call = None

    @property
    def pending(self) -> bool:
        """Tell whether the event has neither fired nor been cancelled."""
        return self._call is not None

    def fire(self) -> None:
        """Make the call, once."""
        call, self._call = self._call, None
        if call is not None:
            call()


class SimClock:
    """Simulated time, shared by all boards of a lab.

    Attributes:
        now: simulated cycles since the lab started.
    """

    def __init__(self) -> None:
        self.now = 0
        self._queue: list[tuple[int, int, Event]] = []
        self._order = itertools.count()
        self._owed: set[object] = set()
        self._wake: Callable[[], None] = lambda: None
        self._answers: deque[Callable[[], None]] = deque()
        self._requests: deque[Callable[[], None]] = deque()
        self._restless = 0

    def on_wake(self, call: Callable[[], None]) -> None:
        """Have `call` called whenever there may be something to do (see :meth:`step`)."""
        self._wake = call

    def at(self, time: int, call: Callable[[], None]) -> Event:
        """Schedule `call` for simulated `time` (cycles), or for now if that has passed.

        Events of the same time fire in the order in which they were scheduled.
        """
        event = Event(max(time, self.now), call)
        heapq.heappush(self._queue, (event.time, next(self._order), event))
        self._wake()
        return event

    def at_rest(self, call: Callable[[], None]) -> None:
        """Make `call` as soon as no event is left and the host owes nothing.

        What the host does of its own accord comes in here. When it does so is chance; that nothing
        else is under way then is not.
        """
        self._requests.append(call)
        self._wake()

    def at_standstill(self, call: Callable[[], None]) -> None:
        """Make `call` as soon as no event can fire: when boards are idle, or wait for the host.

        What may be part of what the host owes comes in here.
        """
        self._answers.append(call)
        self._wake()

    @property
    def has_requests(self) -> bool:
        """Tell whether something waits for boards and host to be at rest."""
        return bool(self._requests)

    def admit(self) -> None:
        """Let in what waits for rest although the host owes: it may owe because of just that."""
        self._answers += self._requests
        self._requests.clear()
        self._wake()

    def owe(self, debt: object) -> None:
        """Let time stand still until the host has paid `debt`."""
        self._owed.add(debt)

    def paid(self, debt: object) -> None:
        """Forget `debt`; time may go on."""
        self._owed.discard(debt)
        self._wake()

    def owes(self, debt: object) -> bool:
        """Tell whether `debt` has neither been paid nor forgiven."""
        return debt in self._owed

    @property
    def waits_for_host(self) -> bool:
        """Tell whether the host owes an answer."""
        return bool(self._owed)

    def forgive(self) -> int:
        """Forget all debts, because patience has run out; return how many there were."""
        count = len(self._owed)
        self._owed.clear()
        self._wake()
        return count

    def step(self) -> bool:
        """Fire the next event if it may fire, or take in what waits outside.

        Returns:
            Whether anything was done.
        """
        if outside := self._outside():
            if outside is self._requests or not self._requests:
                self._restless = 0
            outside.popleft()()
            return True
        if not self._may_fire():
            return False
        self._restless += bool(self._answers or self._requests)
        time, _, event = heapq.heappop(self._queue)
        self.now = time
        event.fire()
        return True

    def _outside(self) -> deque[Callable[[], None]] | None:
        """Return the calls from outside the first of which is due now."""
        is_restless = self._restless >= RESTLESS_EVENTS
        if self._may_fire() and not is_restless:
            return None
        if self._requests and not self._answers and (is_restless or not self._owed):
            return self._requests
        return self._answers

    def _may_fire(self) -> bool:
        while self._queue and not self._queue[0][2].pending:
            heapq.heappop(self._queue)
        return bool(self._queue) and (self._queue[0][0] <= self.now or not self._owed)
