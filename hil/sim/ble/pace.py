# SPDX-License-Identifier: MIT
"""Real time between frames to a host: no faster than a radio, since hosts count on that.

Linux has no flow control between the radio and bluetoothd: what does not fit into the receive
buffer of bluetoothd's socket, some hundred notifications, is dropped without a word (net/bluetooth/
l2cap_core.c, l2cap_data_channel: "this is *bad* because L2CAP has to be reliable").
"""

import asyncio
from collections import deque
from collections.abc import Callable

FRAME_S = 1.4e-3
"""A frame of 251 bytes and its empty answer on LE 2M: 1,060 + 150 + 44 + 150 us. (Bluetooth Core
Specification 5.4, volume 6, part B, 2.1 and 4.1: access address, header, MIC and CRC are 14 bytes
and two of preamble, at 4 us a byte.)"""

BURST = 32
"""So many go at once after a rest: the default model's activation waits for nothing."""


class Pace:
    """Passes frames on in their order, each when a radio could have sent it.

    Args:
        send: takes a frame; called on the event loop, for the first ones by :meth:`put` itself.
        loop: whose time it is.
    """

    def __init__(self, send: Callable[[bytes], None], loop: asyncio.AbstractEventLoop) -> None:
        self._send = send
        self._loop = loop
        self._waiting: deque[bytes] = deque()
        self._due = 0.0  # the time by which a radio would have sent all that has gone
        self._timer: asyncio.TimerHandle | None = None

    def put(self, frame: bytes) -> None:
        """Send a frame, now or as soon as those before it have gone."""
        self._waiting.append(frame)
        if self._timer is None:
            self._go()

    def hurry(self) -> None:
        """Send all that waits at once, since it has left the board in simulated time already."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            self._send(self._waiting.popleft())

    def _go(self) -> None:
        self._timer = None
        while self._waiting:
            now = self._loop.time()
            self._due = max(self._due, now)
            ready = self._due - (BURST - 1) * FRAME_S
            if ready > now:
                self._timer = self._loop.call_at(ready, self._go)
                return
            self._due += FRAME_S
            self._send(self._waiting.popleft())
