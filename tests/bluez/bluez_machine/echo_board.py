# SPDX-License-Identifier: MIT
"""A board without firmware, for BlueZ to find: the lab's peripheral, which sends back what it gets.

It does what a board with firmware cannot be told to: take any MTU, end a connection for any reason,
come back or stay away.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from hil.sim.ble.hci import HciServer
from hil.sim.ble.peripheral import Peripheral
from hil.transport.ble_service import board_name

MAC = "02:48:49:4c:00:01"
PATIENCE_S = 60.0

GREETING = b"here I am"
"""What it sends first on each connection, as firmware does."""

ENDED_BY_USER, CONNECTION_TIMEOUT = 0x13, 0x08
"""Reasons for which a connection ends: Bluetooth Core Specification 5.4, volume 1, part F."""

Result = TypeVar("Result")


class EchoBoard:
    """Advertises from construction on.

    Attributes:
        name: that it advertises.
        hci: where the controller is that can hear it.
        mtu: the largest that it agrees to, from the next :meth:`advertise` on.
        reasons: for which connections have ended that the other side ended.
    """

    def __init__(self) -> None:
        self.name = board_name(MAC)
        self.mtu = 247
        self.reasons: list[int] = []
        self._changed = threading.Condition()
        self._peripheral: Peripheral | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="board")
        self._thread.start()
        self._server = HciServer(lambda: None)
        self.hci = self._await(self._server.start())
        self.advertise()

    def advertise(self) -> None:
        """Advertise, having left a connection if there is one."""

        def advertise() -> None:
            self._leave(ENDED_BY_USER)
            self._peripheral = Peripheral(self._server.ether, MAC, self.mtu, self)

        self._do(advertise)

    def leave(self, reason: int = ENDED_BY_USER) -> None:
        """End a connection, for a reason, and advertise no more."""
        self._do(lambda: self._leave(reason))

    def notify(self, frames: Iterable[bytes]) -> None:
        """Send frames as fast as the radio takes them."""

        def notify() -> None:
            assert self._peripheral is not None
            for frame in frames:
                self._peripheral.notify(frame)

        self._do(notify)

    def wait_gone(self, count: int) -> int:
        """Return for what reason the connection ended that is the ``count``-th to do so."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.reasons) >= count, PATIENCE_S)
        return self.reasons[count - 1]

    def close(self) -> None:
        """Leave the air, and take its controllers with it."""
        self.leave()
        self._await(self._server.close())
        self._await(asyncio.sleep(0))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    # What the peripheral tells.

    def advertised(self) -> None:
        """Nobody waits for that here."""

    def subscribed(self, mtu: int) -> None:
        """Greet."""
        assert self._peripheral is not None
        self._peripheral.notify(GREETING)

    def wrote(self, frame: bytes) -> None:
        """Send it back."""
        if self._peripheral is not None:
            self._peripheral.notify(frame)

    def gone(self, reason: int) -> None:
        """Advertise again."""
        with self._changed:
            self.reasons.append(reason)
            self._changed.notify_all()
        self._peripheral = Peripheral(self._server.ether, MAC, self.mtu, self)

    def _leave(self, reason: int) -> None:
        if self._peripheral is not None:
            self._peripheral.close(reason)
            self._peripheral = None

    def _do(self, function: Callable[[], None]) -> None:
        async def work() -> None:
            function()

        self._await(work())

    def _await(self, work: Awaitable[Result]) -> Result:
        async def awaited() -> Result:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(PATIENCE_S)
