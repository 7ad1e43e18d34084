# SPDX-License-Identifier: MIT
"""Runs the tail for whoever asks, one at a time."""

import asyncio
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from hil.edge.log import log
from hil.edge.session import EdgeSession
from hil.edge.stopwatch import Stopwatch
from hil.edge.store import EdgeRecord, Origin, RecordStore
from hil.edge.tail import Tail, TailInfo
from hil.errors import EdgeError
from hil.model.array import Array
from hil.protocol import ErrorCode, Message

_QUICK_US = 1000
"""A tail that took less runs on the event loop: handing it to a thread would cost 0.1 ms more."""

_U32_MAX = 0xFFFFFFFF


class Asker(Protocol):
    """A board on some link, as the runner sees it.

    Attributes:
        name: of the board, for the log.
        session: makes the answers.
    """

    name: str
    session: EdgeSession

    @property
    def origin(self) -> Origin:
        """Of what it asks."""

    def hold(self) -> None:
        """Bring no further message of this board until :meth:`release`."""

    def release(self) -> None:
        """Go on."""

    def answer(self, message: Message) -> None:
        """Send an answer; without effect once the board has gone."""


class TailRunner:
    """Tails run in the order in which activations came, in a thread of their own unless quick.

    Meanwhile other boards are served. Everything but the tails runs on the event loop.

    Attributes:
        records: what was received and answered.

    Args:
        tail: what to run.
        stopwatch: which times boards are told.
    """

    def __init__(self, tail: Tail, stopwatch: Stopwatch) -> None:
        self.records = RecordStore()
        self._tail = tail
        self._stopwatch = stopwatch
        self._executor = ThreadPoolExecutor(1, "hil-edge-tail")
        self._running = 0
        self._last_us: int | None = None

    @property
    def tail(self) -> TailInfo:
        """What is served now."""
        return self._tail.info

    def serve(self, tail: Tail) -> None:
        """Run another tail from the next message on."""
        self._tail = tail
        self._last_us = None

    async def close(self) -> None:
        """Wait for a tail that is running; start no other."""
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)

    def run(self, asker: Asker, request: Message) -> None:
        """Run the tail on a request that the asker's session has found fit, and answer it."""
        tail, started = self._tail, time.perf_counter_ns()

        def finish(outcome: Callable[[], tuple[Array, int]]) -> None:
            asker.answer(self._finish(asker, request, tail.info, started, outcome))

        if not self._running and self._last_us is not None and self._last_us < _QUICK_US:
            finish(lambda: tail.run(request.payload))
            return

        def done(future: "asyncio.Future[tuple[Array, int]]") -> None:
            self._running -= 1
            try:
                if not future.cancelled():
                    finish(future.result)
            finally:
                asker.release()

        asker.hold()
        self._running += 1
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._executor, tail.run, request.payload).add_done_callback(done)

    def _finish(
        self,
        asker: Asker,
        request: Message,
        tail: TailInfo,
        started: int,
        outcome: Callable[[], tuple[Array, int]],
    ) -> Message:
        try:
            output, invoke_us = outcome()
        except EdgeError as error:
            log.error("%s message %d: %s", asker.name, request.message_id, error)
            return asker.session.refuse(request, tail, ErrorCode.INVOKE, str(error))
        self._last_us = invoke_us
        crc = zlib.crc32(request.payload)
        total_us = (time.perf_counter_ns() - started) // 1000
        told_total_us, told_invoke_us = self._stopwatch.told(total_us, invoke_us)
        record = EdgeRecord(
            request.session,
            request.message_id,
            request.payload,
            output,
            crc,
            total_us,
            invoke_us,
            min(told_total_us, _U32_MAX),
            min(told_invoke_us, _U32_MAX),
        )
        # First the record, then the answer: whoever has the answer finds the record.
        self.records.add(record, asker.origin)
        log.info("%s message %d: tail ran in %d us", asker.name, request.message_id, invoke_us)
        return asker.session.result(request, tail, record)
