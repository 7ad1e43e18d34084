# SPDX-License-Identifier: MIT
"""Virtual boards that infer while strangers attack them or their edge server (``hostile.py``)."""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
from floods import Address, flood_tcp, flood_udp
from strangers import Overheard

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import HilError
from hil.inference.inference import Stages, Wire
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.sim.process import Lab
from hil.transport.impairment.packets import ImpairedPackets
from hil.transport.tcp import FrameLink

PHOTOS = 8
WARM_UP = 3

_RECORDED = 200
_FAILURES = 20


@dataclass
class Tap:
    """What is said on the links of this process's edge server."""

    asked: list[bytes] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    address: Address | None = None

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Listen."""
        received, send = ImpairedPackets.received, ImpairedPackets.send
        taken, written = FrameLink._next, FrameLink.send

        def packets_in(seen: Any, peer: str, frame: bytes, done: Any) -> None:
            self._note(self.asked, frame)
            if seen.kind == "udp":
                host, _, port = peer.rpartition(":")
                self.address = host, int(port)
            received(seen, peer, frame, done)

        def packets_out(seen: Any, peer: str, frames: Any) -> None:
            for frame in frames:
                self._note(self.answered, frame)
            send(seen, peer, frames)

        def stream_in(link: Any) -> bytes | None:
            frame = taken(link)
            if frame is not None:
                self._note(self.asked, frame)
            return frame

        def stream_out(link: Any, data: bytes) -> None:
            self._note(self.answered, data[4:])
            written(link, data)

        ImpairedPackets.received, ImpairedPackets.send = packets_in, packets_out
        FrameLink._next, FrameLink.send = stream_in, stream_out
        try:
            yield
        finally:
            ImpairedPackets.received, ImpairedPackets.send = received, send
            FrameLink._next, FrameLink.send = taken, written

    @staticmethod
    def _note(where: list[bytes], frame: bytes) -> None:
        if len(where) < _RECORDED:
            where.append(bytes(frame))


@dataclass
class Outcome:
    """What became of some inferences."""

    wrong: int = 0
    failed: list[str] = field(default_factory=list)
    frames: int = 0
    seconds: float = 0.0
    host_ms: list[float] = field(default_factory=list)
    figures: list[tuple[Stages, Wire | None] | None] = field(default_factory=list)
    memory_mb: float = 0.0

    def moved(self, quiet: "Outcome") -> int:
        """Return how many inferences have other simulated figures than in the quiet run."""
        return sum(
            mine is not None and (asdict(mine[0]), mine[1]) != (asdict(its[0]), its[1])
            for mine, its in zip(self.figures, quiet.figures, strict=True)
            if its is not None
        )


def _memory_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def _send(
    via: str, edge: Address, board: Address | None, known: Overheard, shared: Any, rate: float
) -> None:
    """Be the stranger, in a process of its own."""
    number, over, paused, sent = shared

    def now() -> Overheard:
        return known.at(number.value)

    def is_over() -> bool:
        while paused.is_set() and not over.is_set():
            time.sleep(0.01)
        return bool(over.is_set())

    flood = (
        flood_tcp(edge, now, is_over, rate=rate)
        if via == "tcp"
        else flood_udp(edge, lambda: board, now, is_over, rate=rate)
    )
    for count in flood:
        sent.value += count


class Bench:
    """One board, its edge server, and what is right."""

    def __init__(self, head: Board, edge: EdgeServer, model: Model) -> None:
        self._head, self.edge = head, edge
        self._split = split = model.split()
        self._session = 0
        pixels = np.random.default_rng(1).integers(0, 256, (PHOTOS, *model.input.shape))
        self._images = pixels.astype(np.uint8)
        first, second = Interpreter(split.head), Interpreter(split.tail)
        self._right = [
            second.invoke(first.invoke(each.astype(model.input.dtype))) for each in self._images
        ]

    def connect(self, via: str, tail: Board | None = None, gateway: Board | None = None) -> Tap:
        """Open a link, infer a little, and return what was heard of it."""
        tap = Tap()
        with tap.on():
            self._head.connect(tail or self.edge, via, gateway=gateway)
            self._session = int(self._head.console.request("info")["boot"], 16)
            self.infer(WARM_UP)
        return tap

    @contextlib.contextmanager
    def stranger(self, via: str, tap: Tap, rate: float = 0) -> Iterator[Any]:
        """Have one at work; its number of the message, pause and count of frames are shared."""
        context = multiprocessing.get_context("spawn")
        shared = context.Value("L", 4), context.Event(), context.Event(), context.Value("L", 0)
        known = Overheard(
            self._session,
            WARM_UP + 1,
            self._split.model_id,
            self._split.cut.bytes,
            self._right[0].size,
            tuple(tap.asked),
            tuple(tap.answered),
        )
        process: BaseProcess = context.Process(
            target=_send, args=(via, self.edge.address, tap.address, known, shared, rate)
        )
        process.start()
        try:
            while not shared[3].value and process.is_alive():
                time.sleep(0.01)
            yield shared
        finally:
            shared[1].set()
            process.join(10)
            process.kill()

    def infer(self, times: int, until: Callable[[], bool] = lambda: True) -> Outcome:
        """Infer so often, and further until something holds."""
        outcome, before, started = Outcome(), _memory_mb(), time.perf_counter()
        while len(outcome.figures) < times or not until():
            self._infer(outcome)
            outcome.memory_mb = max(outcome.memory_mb, _memory_mb() - before)
            if len(outcome.failed) == _FAILURES:
                break
        outcome.seconds = time.perf_counter() - started
        return outcome

    def _infer(self, outcome: Outcome) -> None:
        which = len(outcome.figures) % PHOTOS
        started = time.perf_counter()
        try:
            inference = self._head.infer(self._images[which], output=True)
        except HilError as error:
            outcome.failed.append(f"{type(error).__name__}: {error}"[:200])
            outcome.figures.append(None)
            return
        outcome.host_ms.append((time.perf_counter() - started) * 1000)
        right = self._right[which].reshape(-1)
        best = sorted(range(right.size), key=lambda each: (-int(right[each]), each))[:5]
        exact = inference.transport_exact and np.array_equal(inference.output.reshape(-1), right)
        outcome.wrong += not (exact and list(inference.top5_ids) == best)
        outcome.figures.append((inference.stages, inference.wire))


@contextlib.contextmanager
def bench(model: Model, boards: int = 1, strangers: int = 0) -> Iterator[tuple[Bench, list[Board]]]:
    """Yield a bench, and its boards in new labs."""
    split = model.split()
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(Lab.start(boards=boards, strangers=strangers))
        all_boards = [
            stack.enter_context(Board.open(lab=lab, index=index)) for index in range(boards)
        ]
        all_boards[0].flash(None, model)
        for second in all_boards[1:]:
            second.flash(None, model, role="tail")
        edge = stack.enter_context(
            EdgeServer(split.tail, split.model_id, stopwatch=all_boards[0].stopwatch)
        )
        yield Bench(all_boards[0], edge, model), all_boards
