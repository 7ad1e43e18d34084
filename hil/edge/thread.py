# SPDX-License-Identifier: MIT
"""The event loop of an edge server, in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future

from hil.edge.server import Server
from hil.errors import EdgeError

_START_S = 10.0
_CLOSE_S = 30.0
_ENDED = "The edge server has ended; start another."


class ServerThread:
    """Has a server listen from construction until its end. Not locked: its owner is.

    Attributes:
        address: host and port it listens on, over TCP and UDP.

    Args:
        server: one that has not been started.
        host: address to listen on.
        port: of TCP and UDP, 0 for one that is free for both.

    Raises:
        EdgeError: the address cannot be had.
    """

    def __init__(self, server: Server, host: str, port: int) -> None:
        self._server = server
        started: Future[tuple[str, int]] = Future()
        self._loop: asyncio.AbstractEventLoop  # since it has an address
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

    @property
    def alive(self) -> bool:
        """Whether the server still serves."""
        return self._thread.is_alive()

    def check(self) -> None:
        """Raise EdgeError if the server has ended."""
        if not self.alive:
            raise EdgeError(_ENDED)

    def run(self, action: Callable[[], None]) -> None:
        """Do something on the event loop, and return when it is done.

        Raises:
            EdgeError: the server has ended.
        """
        finished: Future[None] = Future()

        def run() -> None:
            action()
            finished.set_result(None)

        self.check()
        self._loop.call_soon_threadsafe(run)
        finished.result(_START_S)

    def calling(self, call: Callable[..., None]) -> Callable[..., None]:
        """Return what has `call` called on the event loop, with its arguments, from any thread."""

        def threadsafe(*arguments: object) -> None:
            # A server that has ended is to a board one that does not answer.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(call, *arguments)

        return threadsafe

    def end(self) -> None:
        """Close the server and end the thread; harmless if done.

        Raises:
            EdgeError: a tail has been running for half a minute.
        """
        if self.alive:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_CLOSE_S)
        if self.alive:
            raise EdgeError("The edge server does not end as a tail is still running; kill it.")
