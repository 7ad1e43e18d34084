# SPDX-License-Identifier: MIT
"""The BLE of a lab with boards that do as they are told, and no firmware."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from hil.protocol import ErrorCode
from hil.sim.ble.medium import BleMedium
from hil.sim.ble.radio import BleRadio
from hil.sim.chip.chip import virtual_mac
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.radio.air import Air
from hil.sim.radio.antenna import Identity
from hil.sim.radio.presets import PRESETS

PATIENCE = 20.0  # seconds; only a broken test waits that long
Result = TypeVar("Result")


class FakeAntenna:
    """Notes what the radio tells the firmware, and when."""

    def __init__(self, air: Air, number: int) -> None:
        self.air = air
        self.clock = air.clock
        self.board = Identity(number, virtual_mac(number))
        self.events: list[tuple[str, Any, float]] = []
        self.frames: list[bytes] = []
        self.changed = threading.Condition()

    def now(self) -> int:
        return self.clock.now

    def told(self) -> list[str]:
        """Return what has happened, without when."""
        return [what for what, _, _ in self.events]

    def link(self, code: int = 0, text: str = "") -> None:
        self._note("up" if not code else ErrorCode(code).name, text)

    def receive(self, data: bytes, address: int = 0, rssi: int = 0) -> None:
        self.frames.append(data)
        self._note("frame", data)

    def writable(self) -> None:
        self._note("writable", None)

    def _note(self, what: str, detail: object) -> None:
        with self.changed:
            self.events.append((what, detail, self.clock.now / CYCLES_PER_US))
            self.changed.notify_all()

    def wait(self, what: str, count: int = 1) -> tuple[str, Any, float]:
        """Return the event ``what`` that is the ``count``-th of its kind, once it has happened."""

        def found() -> list[tuple[str, Any, float]]:
            return [event for event in self.events if event[0] == what]

        with self.changed:
            assert self.changed.wait_for(lambda: len(found()) >= count, PATIENCE), self.events
        return found()[count - 1]


class FakeBoard:
    """A radio and what it has told."""

    def __init__(self, air: Air, number: int) -> None:
        self.heard = FakeAntenna(air, number)
        self.radio = BleRadio(self.heard)  # type: ignore[arg-type]
        self.name = "hil-" + self.radio.name.replace(":", "")[-6:]


class Bench:
    """Boards around one clock in a loop of its own, in a thread."""

    def __init__(self, boards: int, link: dict[str, Any]) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = SimClock()
        self.air = Air(self.clock, {"ble": replace(PRESETS["ble"], **link)})
        self.boards = [FakeBoard(self.air, number + 1) for number in range(boards)]
        self.medium = self.air.shared(BleMedium)
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.hci: str = self.run(self.medium.start())["hci"]  # type: ignore[assignment]
        self._wake = asyncio.Event()
        self.clock.on_wake(self._wake.set)
        self._running = asyncio.run_coroutine_threadsafe(self._step(), self.loop)

    async def _step(self) -> None:
        while True:
            while self.clock.step():
                pass
            self._wake.clear()
            await self._wake.wait()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call ``function`` in the loop, as the firmware does."""

        async def work() -> Result:
            return function(*arguments)

        return self.run(work())

    def close(self) -> None:
        for board in self.boards:
            self.call(board.radio.close)
        self._running.cancel()
        self.run(self.medium.close())
        self.run(asyncio.sleep(0))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()


class Boards:
    """Boards without hosts, whose time goes on when told to."""

    def __init__(self, count: int, link: dict[str, Any]) -> None:
        self.clock = SimClock()
        self.air = Air(self.clock, {"ble": replace(PRESETS["ble"], **link)})
        self.boards = [FakeBoard(self.air, number + 1) for number in range(count)]

    def settle(self) -> None:
        """Let everything happen that is going to."""
        while self.clock.step():
            pass

    def until(self, time_us: float) -> None:
        """Let everything happen up to a time."""
        over: list[None] = []
        self.clock.at(int(time_us * CYCLES_PER_US), lambda: over.append(None))
        while not over:
            self.clock.step()


@pytest.fixture
def boards() -> Callable[..., Boards]:
    """Put boards into the air: ``boards(2, loss=0.1)``."""
    return lambda count=2, **link: Boards(count, link)


@pytest.fixture
def start_bench() -> Iterator[Callable[..., Bench]]:
    """Start a bench: ``start_bench(boards=1, interval_us=...)``."""
    benches: list[Bench] = []

    def start(boards: int = 1, **link: Any) -> Bench:
        benches.append(Bench(boards, link))
        return benches[-1]

    yield start
    for bench in benches:
        bench.close()
