# SPDX-License-Identifier: MIT
"""The mains switches of a lab: ``cycle 2`` on a TCP connection re-plugs the second board.

``wifi off`` and ``wifi on`` switch the access point; ``arm 2 panic@invoke`` sets a fault of the
second board, ``waiting 2`` names those that have not struck yet, ``disarm 2`` too and removes all;
``mishaps`` tells whether the access point is on, and what has disturbed the air.
"""

import asyncio
from collections.abc import Callable, Sequence

from hil.errors import BadInputError
from hil.sim.board import VirtualBoard
from hil.sim.faults.injector import Injector
from hil.sim.faults.moment import parse_moment
from hil.sim.faults.power import DONE
from hil.sim.radio.air import Air
from hil.sim.radio.coverage import Coverage
from hil.sim.visitors import REFUSAL, Visitors, say_on_stderr


class PowerServer:
    """Answers each line with ``done`` or with a sentence, once the board's port is back.

    Args:
        boards: whose power is switched.
        air: where the access point is.
    """

    def __init__(self, boards: Sequence[VirtualBoard], air: Air) -> None:
        self._boards = boards
        self._clock = air.clock
        self._mishaps = air.mishaps
        self._coverage = air.shared(Coverage)
        self._visitors = Visitors(say_on_stderr)
        self._switching = asyncio.Lock()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on loopback and return the port number."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._visitors.admit(writer.transport):
                line = await reader.readline()
                writer.write(await self._switch(line.decode(errors="replace")))
            else:
                writer.write(REFUSAL)
            await writer.drain()
        except (ConnectionError, ValueError):
            pass  # whoever asked is gone, or sends no lines
        finally:
            writer.close()

    async def _switch(self, line: str) -> bytes:
        if line.strip() in ("wifi off", "wifi on"):
            await self._switch_wifi(on=line.strip() == "wifi on")
            return DONE
        if line.strip() == "mishaps":
            counts = [f"{what}={count}" for what, count in self._mishaps.items()]
            off = [] if self._coverage.is_on else ["off"]
            return " ".join([DONE.decode().strip(), *off, *counts]).encode() + b"\n"
        verb, _, rest = line.strip().partition(" ")
        number, _, fault = rest.partition(" ")
        if (
            verb not in ("cycle", "arm", "waiting", "disarm")
            or not number.isdecimal()
            or not 1 <= int(number) <= len(self._boards)
        ):
            return f"the lab has nothing to {line.strip()!r}\n".encode()
        board = self._boards[int(number) - 1]
        if verb != "cycle":
            return await self._inject(verb, board.injector, fault)
        async with self._switching:
            await board.power_cycle()
        return DONE

    async def _inject(self, verb: str, injector: Injector, fault: str) -> bytes:
        said = b""

        def inject() -> None:
            nonlocal said
            if verb == "arm":
                injector.arm(moment)
            said = " ".join(map(str, injector.waiting)).encode()
            if verb == "disarm":
                injector.disarm()

        if verb == "arm":
            try:
                moment = parse_moment(fault)
            except BadInputError as error:
                return f"{error}\n".encode()
        await self._at_rest(inject)
        return DONE.rstrip() + b" " + said + b"\n"

    async def _switch_wifi(self, *, on: bool) -> None:
        await self._at_rest(lambda: self._coverage.switch(on))

    async def _at_rest(self, call: Callable[[], None]) -> None:
        """Make a call when the boards are at rest; return behind it."""
        done = asyncio.Event()

        def make() -> None:
            call()
            done.set()

        self._clock.at_rest(make)
        await done.wait()
