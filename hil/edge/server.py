# SPDX-License-Identifier: MIT
"""The edge server on an asyncio event loop."""

import asyncio
import errno
import functools
import logging
import secrets
import time
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from hil.edge.session import EdgeSession, Inference, Reply
from hil.edge.stopwatch import Stopwatch
from hil.edge.store import EdgeRecord, RecordStore
from hil.edge.tail import Tail
from hil.errors import EdgeError
from hil.model.array import Array
from hil.protocol import MIN_FRAME, ErrorCode, Message, ProtocolError
from hil.transport.tcp import FrameLink

log = logging.getLogger("hil.edge")

MAX_LINKS = 64
"""Connections served at once; one more is closed at once."""

SMALLEST_LIMIT = 1 << 20
"""Largest frame that is accepted whatever the tail takes, in bytes; ECHO may be that long."""

_QUICK_US = 1000
"""A tail that took less runs on the event loop: handing it to a thread would cost 0.1 ms more."""

_U32_MAX = 0xFFFFFFFF


class Server:
    """Answers any number of boards with one tail.

    Tails run one at a time, in the order in which activations came, in a thread of their own
    unless they are quick; meanwhile other connections are served.

    Attributes:
        counters: frames and inferences so far, under the names of docs/protocol.md, 2.4.
        records: what was received and answered.

    Args:
        tail: what to run.
        stopwatch: which times boards are told.
        patience_s: see :class:`hil.transport.tcp.FrameLink`.
    """

    def __init__(self, tail: Tail, stopwatch: Stopwatch, patience_s: float) -> None:
        self.counters: Counter[str] = Counter()
        self.records = RecordStore()
        self._tail = tail
        self._stopwatch = stopwatch
        self._patience_s = patience_s
        self._session = secrets.randbits(32)
        self._links: dict[FrameLink, EdgeSession] = {}
        self._executor = ThreadPoolExecutor(1, "hil-edge-tail")
        self._running = 0
        self._last_us: int | None = None
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen, and return the address; port 0 takes a free one.

        Raises:
            EdgeError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(self._new_link, host, port)
        except (OSError, OverflowError) as error:
            busy = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            reason = "another program listens there" if busy else str(error)
            raise EdgeError(
                f"The edge server cannot listen on {host}:{port} ({reason}); choose another port."
            ) from error
        address = self._listener.sockets[0].getsockname()
        return address[0], address[1]

    def serve(self, tail: Tail) -> None:
        """Run another tail from the next message on."""
        self._tail = tail
        self._last_us = None

    async def close(self) -> None:
        """Stop listening, drop every connection, wait for a tail that is running."""
        if self._listener is not None:
            self._listener.close()
        for link in list(self._links):
            link.abort("the edge server ends")
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)

    def connected(self, link: FrameLink) -> None:
        """A board has connected."""
        self.counters["connections"] += 1
        if len(self._links) >= MAX_LINKS:
            log.warning("%s refused: %d boards are connected", link.peer, MAX_LINKS)
            link.abort("there are too many connections")
            return
        log.info("%s connected", link.peer)
        self._links[link] = EdgeSession(self._session, self.counters)

    def received(self, link: FrameLink, frame: bytes) -> None:
        """A whole frame has come."""
        started = time.perf_counter_ns()
        tail = self._tail
        outcome = self._links[link].receive(frame, tail.info)
        if isinstance(outcome, Reply):
            link.send(outcome.data)
        elif isinstance(outcome, Inference):
            finish = functools.partial(self._finish, link, outcome.request, tail, started)
            self._run(link, tail, outcome.request.payload, finish)

    def failed(self, link: FrameLink, error: ProtocolError) -> None:
        """A board broke the protocol."""
        if error.reason == "prefix":
            self.counters["rx_bad_frame"] += 1
        log.warning("%s broke the protocol: %s", link.peer, error)

    def lost(self, link: FrameLink, reason: str) -> None:
        """A connection is over."""
        if self._links.pop(link, None) is not None:
            log.info("%s disconnected: %s", link.peer, reason)

    def _new_link(self) -> FrameLink:
        limit = max(SMALLEST_LIMIT, MIN_FRAME + self._tail.info.tensor_size)
        return FrameLink(self, limit, self._patience_s)

    def _run(
        self,
        link: FrameLink,
        tail: Tail,
        activation: bytes,
        finish: "functools.partial[None]",
    ) -> None:
        if not self._running and self._last_us is not None and self._last_us < _QUICK_US:
            try:
                output, invoke_us = tail.run(activation)
            except EdgeError as error:
                finish(error)
            else:
                finish((output, invoke_us))
            return

        def done(future: "asyncio.Future[tuple[Array, int]]") -> None:
            self._running -= 1
            if not future.cancelled():
                error = future.exception()
                finish(future.result() if error is None else error)
            link.release()

        link.hold()
        self._running += 1
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._executor, tail.run, activation).add_done_callback(done)

    def _finish(
        self,
        link: FrameLink,
        request: Message,
        tail: Tail,
        started: int,
        outcome: tuple[Array, int] | BaseException,
    ) -> None:
        session = self._links.get(link)
        if isinstance(outcome, BaseException):
            log.error("%s message %d: %s", link.peer, request.message_id, outcome)
            if session is not None:
                link.send(session.refuse(request, tail.info, ErrorCode.INVOKE, str(outcome)).data)
            return
        output, invoke_us = outcome
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
        self.records.add(record)
        if session is not None:
            link.send(session.result(request, tail.info, record).data)
        log.info("%s message %d: tail ran in %d us", link.peer, request.message_id, invoke_us)
