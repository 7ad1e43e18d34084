# SPDX-License-Identifier: MIT
"""The one thread of this process in which asyncio, and so bleak, runs for Bluetooth."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    """An event loop in a daemon thread, for as long as the process runs."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="hil-ble", daemon=True).start()

    def call(self, work: Coroutine[Any, Any, Result], timeout_s: float) -> Result:
        """Run `work` in the loop and return what it returns.

        Raises:
            TimeoutError: it took longer than `timeout_s`, and has been cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(timeout_s)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise


@cache
def loop_thread() -> LoopThread:
    """Return the thread, which begins with the first call."""
    return LoopThread()
