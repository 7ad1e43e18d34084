# SPDX-License-Identifier: MIT
"""Strangers against the harness: ``python benchmarks/hostile.py``.

A virtual board infers over one link after the other amid hostile frames, and as often in peace. The
frames are forged, replayed and mutated by who has overheard all but the key. Over TCP and UDP a
process sends them as fast as it can, until a million have gone, under the others' addresses as well
where this system lets it; over ESP-NOW and BLE a stranger is in the lab's air, who speaks so often
before each frame of others. Every inference has to be right and none may fail, the simulated
figures have to be those of the quiet run to the microsecond (but for those that go by an ESP-NOW
gateway, whose serial line strangers' frames take as well), and the edge server's process, which is
this one, may grow by 64 MB. Then the host's time for an inference, with 5,000 hostile frames a
second and without, in turns. Exit code 1 if any of that does not hold.
"""

import contextlib
import json
import math
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import click
import numpy as np
from strangers import Address, Overheard, can_spoof, flood_tcp, flood_udp

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import HilError
from hil.inference.inference import Stages, Wire
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab
from hil.transport.impairment.packets import ImpairedPackets
from hil.transport.tcp import FrameLink

MEMORY_LIMIT_MB = 64
LATENCY_LIMIT = 1.5

PHOTOS = 8
WARM_UP = 3

_RECORDED = 200
_FAILURES = 20
_BLOCK = 25

_AIR: dict[str, tuple[str, bool, int]] = {
    "espnow": ("espnow", True, 50),
    "ble": ("ble", True, 50),
    "ble to this host": ("ble", False, 10),
    "espnow by a gateway": ("espnow", False, 3),
}
"""Over which link, whether to another board, and how many hostile frames come before each."""


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


def on_the_network(model: Model, via: str, frames: int, inferences: int) -> dict[str, Any]:
    """Measure over TCP or UDP."""
    with bench(model) as (on, _):
        tap = on.connect(via)
        with on.stranger(via, tap) as (number, _, _, sent):

            def enough() -> bool:
                number.value += 1
                return bool(sent.value >= frames)

            hit = on.infer(inferences, enough)
            hit.frames = sent.value
        counters = on.edge.counters
    with bench(model) as (on, _):
        on.connect(via)
        quiet = on.infer(len(hit.figures))
    return _figures(via, quiet, hit) | {"foreign at the edge": counters.get("rx_foreign", 0)}


def in_the_air(model: Model, name: str, frames: int, inferences: int) -> dict[str, Any]:
    """Measure over ESP-NOW or BLE; hostile frames are counted by who has dropped them."""
    via, to_board, before = _AIR[name]
    outcomes: list[Outcome] = []
    more = 0
    for strangers in (before, 0):
        with bench(model, 2, strangers) as (on, (head, second)):
            gateway = second if via == "espnow" and not to_board else None
            on.connect(via, second if to_board else None, gateway)
            boards = [head, second] if to_board else [head]
            outcome = on.infer(inferences)
            heard = _foreign(on, boards)
            if strangers and to_board:
                more = math.ceil(frames * inferences / max(heard, 1) / PHOTOS) * PHOTOS
            if more:
                outcome = on.infer(more)
            outcome.frames = _foreign(on, boards)
            outcomes.append(outcome)
    hit, quiet = outcomes
    return _figures(name, quiet, hit)


def _foreign(on: Bench, boards: list[Board]) -> int:
    counts = [int(board.console.request("stats").get("rx_foreign", 0)) for board in boards]
    return sum(counts) + on.edge.counters.get("rx_foreign", 0)


def latency(model: Model, via: str, rate: float, inferences: int) -> dict[str, Any]:
    """Measure the host's time for an inference, in turns with and without a stranger."""
    times: tuple[list[float], list[float]] = [], []
    with bench(model) as (on, _):
        tap = on.connect(via)
        with on.stranger(via, tap, rate) as (_, _, paused, sent):
            before, seconds = sent.value, 0.0
            while len(times[1]) < inferences:
                paused.set()
                times[0].extend(on.infer(_BLOCK).host_ms)
                paused.clear()
                start = sent.value
                while sent.value == start:
                    time.sleep(0.001)
                attacked = on.infer(_BLOCK)
                times[1].extend(attacked.host_ms)
                seconds += attacked.seconds
            frames = sent.value - before
    alone, hit = map(statistics.median, times)
    return {
        "via": via,
        "frames a second": round(frames / seconds),
        "host_ms alone": round(alone, 2),
        "host_ms": round(hit, 2),
        "ratio": round(hit / alone, 2),
    }


def _figures(name: str, quiet: Outcome, hit: Outcome) -> dict[str, Any]:
    return {
        "via": name,
        "hostile frames": hit.frames,
        "a second": round(hit.frames / hit.seconds),
        "inferences": len(hit.figures),
        "wrong": hit.wrong + quiet.wrong,
        "failed": len(hit.failed) + len(quiet.failed),
        "moved": hit.moved(quiet),
        "memory_mb": round(hit.memory_mb, 1),
        "failures": (quiet.failed + hit.failed)[:3],
    }


def _is_well(figures: dict[str, Any]) -> bool:
    may_move = figures["via"] == "espnow by a gateway"
    return (
        not (figures["wrong"] or figures["failed"] or (figures["moved"] and not may_move))
        and figures["memory_mb"] <= MEMORY_LIMIT_MB
    )


@click.command()
@click.option("--via", default="tcp,udp,espnow,ble", show_default=True)
@click.option("--frames", default=1_000_000, show_default=True, help="Hostile ones, on each link.")
@click.option("--rate", default=5_000.0, show_default=True, help="For the host's time.")
@click.option("--inferences", default=80, show_default=True, help="At least so many.")
def main(via: str, frames: int, rate: float, inferences: int) -> None:
    """Measure with the tiny model."""
    model = Model.load(resource("models/tiny"))
    well = True
    click.echo(json.dumps({"sends under others' addresses": can_spoof()}))
    inferences = -(-inferences // PHOTOS) * PHOTOS
    for link in via.split(","):
        if link in ("tcp", "udp"):
            figures = on_the_network(model, link, frames, inferences)
            click.echo(json.dumps(figures))
            times = latency(model, link, rate, inferences)
            click.echo(json.dumps(times))
            well &= _is_well(figures) and times["ratio"] <= LATENCY_LIMIT
            continue
        for name in [name for name, (kind, _, _) in _AIR.items() if kind == link]:
            figures = in_the_air(model, name, frames, inferences)
            click.echo(json.dumps(figures))
            well &= _is_well(figures)
    raise SystemExit(not well)


if __name__ == "__main__":
    main()
