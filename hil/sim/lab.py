# SPDX-License-Identifier: MIT
"""The lab: one process that holds all virtual boards, their radio links and the simulated clock.

It prints one line of JSON with its endpoints, serves until it is told to end (SIGINT, SIGTERM) or
until the process that started it is gone, and listens on loopback only.
"""

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from hil.errors import HostError
from hil.esp32s3 import mac_text
from hil.host import child
from hil.host.lifeline import hold_on_to
from hil.shortage import missing_right, shortage, telling_shortages
from hil.sim.ble.medium import BleMedium
from hil.sim.clock.clock import SimClock
from hil.sim.clock.profile import Profile
from hil.sim.faults.faults import parse_faults
from hil.sim.faults.power_server import PowerServer
from hil.sim.make_board import make_board
from hil.sim.radio.air import Air, Medium
from hil.sim.radio.link_file import LinkFile
from hil.sim.radio.wifi import LAB_ACCESS_POINT

# What reaches out of the lab by itself.
MEDIA: tuple[type[Medium], ...] = (BleMedium,)

# Real seconds that a request on a console waits for what the host owes. Then it is let in, for the
# host may owe because it waits for the request's answer.
COURTESY_S = 1.0

# Real seconds after the end of its starter in which a lab ends by itself, from which firmware that
# never returns keeps it.
END_GRACE_S = 5.0

# Events between two looks at the sockets.
BATCH = 64


@dataclass(frozen=True)
class LabOptions:
    """What to start.

    Attributes:
        boards: how many.
        chip: ``esp32s3``, or ``esp32`` or ``esp32c3`` to have a wrong one.
        patience_s: real seconds that an answer of the host may take before simulated time goes on
            without it.
        seed: of everything random; a seed in `link` comes before it.
        link: what the links are like, as parsed from a file (``link_file.py``); None: the presets.
        faults: what is wrong with the boards (``faults.py``).
        profile: what operators take on a real board, as parsed from a file of ``hil calibrate``;
            None: what is published.
        strangers: frames that a stranger without a key sends before each of others over ESP-NOW
            and BLE.
    """

    boards: int = 1
    chip: str = "esp32s3"
    patience_s: float = 30.0
    seed: int = 1
    link: dict[str, object] | None = None
    faults: Sequence[str] = ()
    profile: dict[str, object] | None = None
    strangers: int = 0


class Lab:
    """Virtual boards around one clock. Lives in one event loop."""

    def __init__(self, options: LabOptions) -> None:
        self._options = options
        self._clock = SimClock()
        self._wake = asyncio.Event()
        self._clock.on_wake(self._wake.set)
        links = LinkFile.of(options.link or {})
        seed = options.seed if links.seed is None else links.seed
        measured = options.profile
        profile = None if measured is None else Profile.of(measured, "the profile")
        self._air = Air(self._clock, links.parameters, seed, profile, options.strangers)
        self._media = [self._air.shared(kind) for kind in MEDIA]
        self.boards = [
            make_board(number, faults, self._air)
            for number, faults in enumerate(
                parse_faults(options.faults, options.boards, options.chip), 1
            )
        ]
        self._power = PowerServer(self.boards, self._air)

    async def start(self) -> dict[str, object]:
        """Power the boards on and return the description that is printed."""
        for board in self.boards:
            await board.start()
        switch = f"127.0.0.1:{await self._power.start()}"
        ends: dict[str, object] = {
            "seed": self._air.seed,
            "boards": [
                {
                    "mac": mac_text(board.chip.mac),
                    "chip": board.faults.chip,
                    "url": board.url,
                    "socket": f"socket://127.0.0.1:{board.port}",
                    "power_cycle": shlex.join(
                        child.command("hil.sim.faults.power", switch, str(number))
                    ),
                }
                for number, board in enumerate(self.boards, 1)
            ],
            "wifi": {"ssid": LAB_ACCESS_POINT.ssid, "password": LAB_ACCESS_POINT.password},
            "switches": switch,
            "pid": os.getpid(),
        }
        for medium in self._media:
            ends |= await medium.start()
        return ends

    async def run(self) -> None:
        """Fire simulated events for ever, and wait where the host owes an answer."""
        loop, clock = asyncio.get_running_loop(), self._clock
        patience_s = self._options.patience_s
        courtesy_s = min(COURTESY_S, patience_s)
        stopped, since = -1, 0.0  # when simulated time stopped, in cycles and in real seconds
        while True:
            fired = 0
            while clock.step():
                fired += 1
                if fired % BATCH == 0:
                    await asyncio.sleep(0)
            self._wake.clear()
            if not clock.waits_for_host:
                stopped = -1
                await self._wake.wait()
                continue
            if clock.now != stopped:
                stopped, since = clock.now, loop.time()
            stood_s = loop.time() - since
            if clock.has_requests and stood_s >= courtesy_s:
                clock.admit()
            elif stood_s >= patience_s:
                self._forgive()
            else:
                left_s = (courtesy_s if clock.has_requests else patience_s) - stood_s
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), left_s)

    def _forgive(self) -> None:
        owed = self._clock.forgive()
        self._air.mishaps["slow-host"] += 1
        print(
            f"hil sim: the host has owed {owed} answer(s) for "
            f"{self._options.patience_s:g} s; simulated time goes on without",
            file=sys.stderr,
        )

    async def close(self) -> None:
        """Power the boards off."""
        await self._power.close()
        for board in self.boards:
            await board.close()
        for medium in self._media:
            await medium.close()


async def serve(
    options: LabOptions, announce: Callable[[dict[str, object]], None], lifeline: int | None = None
) -> None:
    """Run a lab until SIGINT, SIGTERM or the end of the process that holds the lifeline.

    Args:
        options: what to start.
        announce: called once with the description of the endpoints.
        lifeline: file descriptor of a pipe whose writing end only the starting process has.

    Raises:
        HostError: this computer has become short of something that a board needs; a board that
            went on without would look as if its firmware had failed.
    """
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    short: list[HostError] = []

    def heed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception", context)
        told = isinstance(error, BaseException) and (shortage(error) or missing_right(error))
        if not told:
            loop.default_exception_handler(context)
            return
        short.append(told)
        end.set()

    loop.set_exception_handler(heed)
    lab = Lab(options)
    with _signals(loop, end.set), _watch(loop, lifeline, end.set):
        announce(await lab.start())
        running = loop.create_task(lab.run())
        running.add_done_callback(lambda _: end.set())
        await end.wait()
    if running.done():
        running.result()
    running.cancel()
    await lab.close()
    if short:
        raise short[0]


@contextmanager
def _signals(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> Iterator[None]:
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, call)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextmanager
def _watch(
    loop: asyncio.AbstractEventLoop, lifeline: int | None, call: Callable[[], None]
) -> Iterator[None]:
    """Call `call` when the other end of the pipe is closed, which the kernel does for the dead."""
    if lifeline is not None:
        loop.add_reader(lifeline, call)
        hold_on_to(lifeline, END_GRACE_S)
    try:
        yield
    finally:
        if lifeline is not None:
            loop.remove_reader(lifeline)


def main() -> None:
    """Run as ``python -m hil.sim.lab OPTIONS LIFELINE``, as :mod:`hil.sim.process` does."""
    options = LabOptions(**json.loads(sys.argv[1]))
    try:
        with telling_shortages():
            asyncio.run(
                serve(options, lambda ends: print(json.dumps(ends), flush=True), int(sys.argv[2]))
            )
    except HostError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
