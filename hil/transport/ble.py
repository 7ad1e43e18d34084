# SPDX-License-Identifier: MIT
"""Frames to and from one board over BLE (docs/protocol.md, section 1.6), for synchronous code.

bleak does the work, over BlueZ or over the lab's radio, in the one thread of ``ble_loop.py``.
"""

import asyncio
import contextlib
import importlib.util
import threading
from collections.abc import Sequence
from enum import Enum

from hil.errors import BadInputError, BluetoothError
from hil.transport.ble_bluez import check_bluez
from hil.transport.ble_loop import loop_thread
from hil.transport.ble_service import LARGEST_FRAME
from hil.transport.ble_session import BleSession, Radio, UnfitError
from hil.transport.packet import Lost, Received

OPEN_S = 20.0
CLOSE_S = 10.0

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
        hci: radio of a lab, as it announces it; None for this computer's own.

    Attributes:
        frame_limit: bytes of the largest frame on the connection, or on the latest.
    """

    kind = "ble"
    selective_repeat = False

    def __init__(self, name: str, *, hci: str | None = None) -> None:
        self.name = name
        self.frame_limit = LARGEST_FRAME
        self._hci = hci
        self._thread = loop_thread()
        self._radio: Radio | None = None
        self._session: BleSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._state = _State.LOOKING
        self._changed = threading.Condition()
        self._trouble = "it has not been found yet"

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
        """Return once the board is connected.

        Raises:
            BluetoothError: it is not within `timeout_s`, or cannot be; the sentence says what went
                wrong last.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._state is not _State.LOOKING, timeout_s)
            if self._state is not _State.UP:
                raise BluetoothError(f"{self.name} is not connected over BLE: {self._trouble}")

    def send(self, peer: str, frames: Sequence[bytes]) -> None:
        """Queue frames for the board; they are dropped if `peer` is no longer connected."""
        self._thread.loop.call_soon_threadsafe(self._put, peer, list(frames))

    def close(self) -> None:
        """Disconnect and look for the board no more."""
        with contextlib.suppress(TimeoutError):
            self._thread.call(self._end(), CLOSE_S)

    # In the thread of the loop.

    async def _begin(self) -> None:
        self._radio = await _open_radio(self._hci)
        self._task = asyncio.ensure_future(self._run(self._radio))
        self._task.add_done_callback(self._ended)
        self._radio.gone.add_done_callback(self._radio_gone)

    async def _run(self, radio: Radio) -> None:
        while True:
            session = self._session = BleSession(self.name, radio, self._frame)
            try:
                await session.connect()
                self.frame_limit = session.frame_limit
                self._become(_State.UP)
                why = await session.serve()
                self._become(_State.LOOKING, why)
                self._lost(session.peer, why)
            except UnfitError as error:
                self._become(_State.OVER, str(error))
            except BluetoothError as error:
                self._become(_State.LOOKING, str(error))
            finally:
                self._session = None
                await session.close()
            if self._state is _State.OVER:
                # A virtual board would wait for a radio that never comes.
                self._radio = None
                await radio.close()
                return
            await asyncio.sleep(RETRY_S)

    def _become(self, state: "_State", trouble: str = "") -> None:
        with self._changed:
            if self._state is not _State.OVER:
                self._state = state
                self._trouble = trouble or self._trouble
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

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        self._become(_State.OVER, "" if error is None else repr(error))
        if error is not None:
            raise error  # to the loop's handler, which logs it

    def _radio_gone(self, _gone: "asyncio.Future[None]") -> None:
        if self._radio is not None:
            self._become(_State.OVER, "the lab has ended")
            self._ending = asyncio.ensure_future(self._cancel())

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


class _OwnRadio:
    """This computer's Bluetooth."""

    def __init__(self) -> None:
        self.scanner: dict[str, object] = {}
        self.client: dict[str, object] = {}
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Nothing is held open between connections."""
        self.gone.cancel()


async def _open_radio(hci: str | None) -> Radio:
    if hci is not None:
        if importlib.util.find_spec("bumble") is None:
            raise BadInputError(
                "BLE with virtual boards needs bumble: pip install 'esp32-split-hil[sim]'."
            )
        from hil.sim.ble.adapter import HostRadio

        try:
            return await HostRadio.open(hci)
        except ValueError as error:
            raise BadInputError(
                f"{hci!r} is no BLE radio of a lab; write tcp-client:HOST:PORT."
            ) from error
    await check_bluez()
    return _OwnRadio()


def _nothing() -> None:
    """Called when a frame has been dealt with: on BLE, nobody waits for that."""
