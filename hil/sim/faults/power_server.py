# SPDX-License-Identifier: MIT
"""The mains switches of a lab: ``cycle 2`` on a TCP connection re-plugs the second board.

``wifi off`` and ``wifi on`` switch the access point.
"""

import asyncio
from collections.abc import Sequence

from hil.sim.board import VirtualBoard
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
        verb, _, number = line.strip().partition(" ")
        if verb != "cycle" or not number.isdecimal() or not 1 <= int(number) <= len(self._boards):
            return f"the lab has nothing to {line.strip()!r}\n".encode()
        async with self._switching:
            await self._boards[int(number) - 1].power_cycle()
        return DONE

    async def _switch_wifi(self, *, on: bool) -> None:
        done = asyncio.Event()

        def switch() -> None:
            self._coverage.switch(on)
            done.set()

        self._clock.at_rest(switch)
        await done.wait()
