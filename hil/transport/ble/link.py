# SPDX-License-Identifier: MIT
"""Frames to and from one board over BLE (docs/protocol.md, section 1.6), for synchronous code.

bleak does the work, over BlueZ or over the lab's radio, in the one thread of ``loop.py``.
"""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

from hil.errors import BluetoothError
from hil.transport.ble.bluez import open_own_radio
from hil.transport.ble.loop import loop_thread
from hil.transport.ble.radio import OpenRadio, Radio, UnfitError
from hil.transport.ble.service import LARGEST_FRAME
from hil.transport.ble.session import BleSession
from hil.transport.packet import Lost, Received

if TYPE_CHECKING:
    from bleak.backends.device import BLEDevice

OPEN_S = 20.0
CLOSE_S = 10.0

FAILURES = 2
"""After so many failures in a row to connect to a board that is heard, BlueZ is to forget it."""

RETRY_S = 0.2
"""Between one attempt to connect and the next, in which BlueZ forgets the first."""


class _State(Enum):
    LOOKING = "for the board"
    UP = "connected"
    OVER = "for good"


class BleLink:
    """A packet transport to one board: connects to it, again whenever the connection is lost.

    Args:
        name: that the board advertises, ``hil-`` and the last three bytes of its MAC.
        radio: opens the radio by which it is heard; this computer's own if not given.

    Attributes:
        frame_limit: bytes of the largest frame on the connection, or on the latest.
    """

    kind = "ble"
    selective_repeat = False

    def __init__(self, name: str, *, radio: OpenRadio = open_own_radio) -> None:
        self.name = name
        self.frame_limit = LARGEST_FRAME
        self._open_radio = radio
        self._thread = loop_thread()
        self._radio: Radio | None = None
        self._session: BleSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._state = _State.LOOKING
        self._has_come = False  # up since the last wait
        self._changed = threading.Condition()
        self._trouble = "it has not been found yet"
        self._fault = ""

    @property
    def peer(self) -> str:
        """Address of the board that is connected; empty while none has been found."""
        session = self._session
        return session.peer if session is not None else ""

    def start(self, received: Received, lost: Lost) -> None:
        """Switch the radio on and begin to look for the board, which may begin to advertise later.

        Raises:
            BluetoothError: there is no Bluetooth; the sentence says what is missing.
            BadInputError: it is a lab's, and bumble is not installed.
        """
        self._received, self._lost = received, lost
        try:
            self._thread.call(self._begin(), OPEN_S)
        except TimeoutError as error:
            raise BluetoothError(
                f"The Bluetooth radio has not answered for {OPEN_S:g} s; restart it."
            ) from error

    def wait(self, timeout_s: float) -> None:
        """Return once the board is connected, or has been since the last time.

        It may have gone again: a board that does not like what it hears hangs up at once.

        Raises:
            BluetoothError: it is not within `timeout_s`, or cannot be; the sentence says what went
                wrong last.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._has_come or self._state is not _State.LOOKING, timeout_s
            )
            has_come, self._has_come = self._has_come, False
            if not has_come and self._state is not _State.UP:
                raise BluetoothError(f"{self.name} is not connected over BLE: {self._trouble}")

    def check(self) -> None:
        """Make sure that it is not this computer's Bluetooth that has ended the connection.

        Raises:
            BluetoothError: it is, and the board is not connected again.
        """
        with self._changed:
            if self._fault:
                raise BluetoothError(f"{self.name} is not connected over BLE: {self._fault}")

    def send(self, peer: str, frames: Sequence[bytes]) -> None:
        """Queue frames for the board; they are dropped if `peer` is no longer connected."""
        self._thread.loop.call_soon_threadsafe(self._put, peer, list(frames))

    def known(self, peer: str, *, begun: bool) -> None:
        """Only who is connected is heard."""

    def unknown(self, peer: str) -> None:
        """See :meth:`known`."""

    def disconnect(self, peer: str) -> bool:
        """End the connection once what is queued has been written; the board is looked for again.

        Without effect if `peer` is no longer connected.
        """
        self._thread.loop.call_soon_threadsafe(self._finish, peer)
        return True

    def close(self) -> None:
        """Disconnect and look for the board no more."""
        with contextlib.suppress(TimeoutError):
            self._thread.call(self._end(), CLOSE_S)

    # In the thread of the loop.

    async def _begin(self) -> None:
        self._radio = await self._open_radio()
        self._task = asyncio.ensure_future(self._run(self._radio))
        self._task.add_done_callback(self._ended)

    async def _run(self, radio: Radio) -> None:
        failures = 0
        while True:
            session = self._session = BleSession(self.name, radio, self._frame)
            try:
                failed = not await self._attempt(session, radio)
                if radio.over:
                    self._become(_State.OVER, radio.lost.result(), fault=True)
            finally:
                self._session = None
                await session.close()
            if self._state is _State.OVER:
                # A virtual board would wait for a radio that never comes.
                self._radio = None
                await radio.close()
                return
            failures = failures + 1 if failed else 0
            if failures == FAILURES and session.device is not None:
                failures = 0
                await self._forget(radio, session.device)
            await asyncio.sleep(RETRY_S)

    async def _attempt(self, session: BleSession, radio: Radio) -> bool:
        """Connect and serve; return False if a board that is heard cannot be connected to."""
        try:
            await radio.ready(self.name)
        except BluetoothError as error:
            self._become(_State.LOOKING, str(error), fault=True)
            return True
        try:
            await session.connect()
            self.frame_limit = session.frame_limit
            self._become(_State.UP)
            why = await session.serve()
        except UnfitError as error:
            self._become(_State.OVER, str(error))
        except BluetoothError as error:
            self._become(_State.LOOKING, str(error), fault=radio.lost.done())
            return session.device is None or radio.lost.done()
        else:
            self._become(_State.LOOKING, why, fault=radio.lost.done())
            self._lost(session.peer, why)
        return True

    async def _forget(self, radio: Radio, device: "BLEDevice") -> None:
        """Begin with a device afresh: what the system remembers of it may be what is wrong."""
        try:
            await radio.forget(device)
        except BluetoothError as error:
            self._become(_State.LOOKING, f"{self._trouble} And it cannot be forgotten: {error}")

    def _become(self, state: "_State", trouble: str = "", *, fault: bool = False) -> None:
        """Change the state, for a reason that may be a fault of this computer's Bluetooth."""
        with self._changed:
            if self._state is not _State.OVER:
                self._state = state
                self._trouble = trouble or self._trouble
                if state is _State.UP:
                    self._has_come = True
                    self._fault = ""
                elif fault:
                    self._fault = trouble
                self._changed.notify_all()

    def _frame(self, frame: bytes) -> None:
        session = self._session
        if session is not None:
            # The first frame may come before connecting has returned.
            self.frame_limit = session.frame_limit
            self._received(session.peer, frame, _nothing)

    def _put(self, peer: str, frames: list[bytes]) -> None:
        if self._session is not None and self._session.peer == peer:
            self._session.put(frames)

    def _finish(self, peer: str) -> None:
        if self._session is not None and self._session.peer == peer:
            self._session.finish()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        self._become(_State.OVER, "" if error is None else repr(error))
        if error is not None:
            raise error  # to the loop's handler, which logs it

    async def _cancel(self) -> None:
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        while not task.done():
            await asyncio.wait([task], timeout=RETRY_S)
            if self._session is not None:  # else it is disconnecting, which takes BlueZ a while
                task.cancel()  # again: wait_for() of Python 3.11 may swallow it

    async def _end(self) -> None:
        await self._cancel()
        radio, self._radio = self._radio, None
        if radio is not None:
            await radio.close()


def _nothing() -> None:
    """Called when a frame has been dealt with: on BLE, nobody waits for that."""
