# SPDX-License-Identifier: MIT
"""The edge server in a thread of its own, as a plain object for synchronous code."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Self

from hil.edge.hearing import Hearing
from hil.edge.server import Server
from hil.edge.stopwatch import Stopwatch, WallStopwatch
from hil.edge.store import EdgeRecord
from hil.edge.tail import Tail
from hil.errors import EdgeError
from hil.model.interpreter import Kernels
from hil.transport.packet import PacketTransport

_START_S = 10.0
_CLOSE_S = 30.0
_ENDED = "The edge server has ended; start another."


class EdgeServer:
    """An edge server that listens from construction until it is closed; a context manager.

    Its methods may be called from any thread.

    Attributes:
        address: host and port it listens on, over TCP and UDP.

    Args:
        tail: flatbuffer of the tail.
        model_id: names full model and cut, u32.
        kernels: the reference ones make its results comparable bit for bit.
        host: address to listen on; ``0.0.0.0`` for boards on a network.
        port: of TCP and UDP, 0 for one that is free for both.
        stopwatch: which times boards are told, the measured ones if None.
        patience_s: longest wait for the rest of a frame or for a board to take its answers, in s.

    Raises:
        BadInputError: the tail is not sound.
        EdgeError: the address cannot be had.
    """

    def __init__(
        self,
        tail: bytes,
        model_id: int,
        *,
        kernels: Kernels = Kernels.REFERENCE,
        host: str = "127.0.0.1",
        port: int = 0,
        stopwatch: Stopwatch | None = None,
        patience_s: float = 30.0,
    ) -> None:
        self._kernels = kernels
        self._model_id = model_id
        self._server = Server(
            Tail(tail, model_id, kernels), stopwatch or WallStopwatch(), patience_s
        )
        started: Future[tuple[str, int]] = Future()
        self._loop: asyncio.AbstractEventLoop  # since it has an address
        self._attached: list[PacketTransport] = []
        self._changing = threading.RLock()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(host, port, started)),
            name="hil-edge",
            daemon=True,
        )
        self._thread.start()
        self.address = started.result(_START_S)

    async def _main(self, host: str, port: int, started: "Future[tuple[str, int]]") -> None:
        self._loop = asyncio.get_running_loop()
        try:
            address = await self._server.start(host, port)
        except EdgeError as error:
            started.set_exception(error)
            return
        started.set_result(address)
        await self._stop.wait()
        await self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    @property
    def model_id(self) -> int:
        """The id of the model and cut whose tail it serves."""
        return self._model_id

    @property
    def counters(self) -> dict[str, int]:
        """Frames and inferences so far, under the names of docs/protocol.md, section 2.4."""
        return dict(self._server.counters)

    @property
    def hearing(self) -> Hearing:
        """What it could not take, and who has greeted it."""
        return self._server.hearing

    def record(
        self, message_id: int, session: int | None = None, timeout: float = 5.0
    ) -> EdgeRecord:
        """Return what was received and answered under a message id, the newest if several.

        Args:
            message_id: number the board gave the message.
            session: session number of the board's run, None for any.
            timeout: longest wait for it, in seconds.

        Raises:
            EdgeError: there is none in time; the last 64 are kept.
        """
        return self._server.records.get(message_id, session, timeout)

    def serve(self, tail: bytes, model_id: int) -> None:
        """Serve another model; messages that come after this returns meet the new one.

        Raises:
            BadInputError: the tail is not sound.
            EdgeError: the server has ended.
        """
        ready = Tail(tail, model_id, self._kernels)
        self._on_loop(lambda: self._server.serve(ready))
        self._model_id = model_id

    def attach(self, transport: PacketTransport) -> None:
        """Serve the boards of a transport, too, until it is detached or the server is closed.

        Raises:
            EdgeError: the server has ended.
            InfrastructureError: the transport does not start.
        """

        def on_loop(call: Callable[..., None]) -> Callable[..., None]:
            def threadsafe(*arguments: object) -> None:
                # A server that has ended is to a board one that does not answer.
                with contextlib.suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(call, *arguments)

            return threadsafe

        received, lost = self._server.packets(transport)
        with self._changing:
            self.check()
            transport.start(on_loop(received), on_loop(lost))
            self._attached.append(transport)

    def detach(self, transport: PacketTransport) -> None:
        """Forget a transport's boards and close it; harmless if it is not attached."""
        with self._changing:
            if transport not in self._attached:
                return
            self._attached.remove(transport)
            try:
                if self.alive:  # first, for it may have to say what has been dealt with
                    self._on_loop(lambda: self._server.forget(transport))
            finally:
                transport.close()

    def close(self) -> None:
        """Drop every connection, close what is attached and end the thread; harmless if done.

        Raises:
            EdgeError: a tail has been running for half a minute.
        """
        with self._changing, contextlib.ExitStack() as stack:
            stack.callback(self._end)
            for transport in self._attached:
                stack.callback(self.detach, transport)

    def check(self) -> None:
        """Raise EdgeError if the server has ended."""
        if not self.alive:
            raise EdgeError(_ENDED)

    def _end(self) -> None:
        if self.alive:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_CLOSE_S)
        if self.alive:
            raise EdgeError("The edge server does not end as a tail is still running; kill it.")

    def _on_loop(self, action: Callable[[], None]) -> None:
        finished: Future[None] = Future()

        def run() -> None:
            action()
            finished.set_result(None)

        with self._changing:
            self.check()
            self._loop.call_soon_threadsafe(run)
            finished.result(_START_S)
