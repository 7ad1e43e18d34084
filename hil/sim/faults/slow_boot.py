# SPDX-License-Identifier: MIT
"""A board on which nothing happens for a while after the ROM has spoken."""

import asyncio
from collections.abc import Callable

from hil.sim.board import Application


class SlowBoot:
    """What runs until bootloader and application do, and then those.

    Args:
        seconds: real seconds until then.
        load: the rest of the boot; returns what runs.
    """

    def __init__(self, seconds: float, load: Callable[[], Application]) -> None:
        self._load = load
        self._application: Application | None = None
        self._halted = False
        self._timer = asyncio.get_running_loop().call_later(seconds, self._go_on)

    def feed(self, data: bytes) -> None:
        """Hand bytes from the console to the application; before there is one they are lost."""
        if self._application is not None:
            self._application.feed(data)

    def halt(self) -> None:
        """Stop for good."""
        self._halted = True
        self._timer.cancel()
        if self._application is not None:
            self._application.halt()

    def _go_on(self) -> None:
        application = self._load()
        if self._halted:  # it has restarted the board while it was loaded
            application.halt()
        else:
            self._application = application
