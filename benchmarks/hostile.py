# SPDX-License-Identifier: MIT
"""Strangers against the harness: ``python benchmarks/hostile.py``.

A virtual board infers over one link after the other, first in peace, then while a stranger in a
process of its own sends forged, replayed and mutated frames as fast as it can, until a million have
gone; it knows session, message id and addresses of the exchange, has recorded it, and where this
system lets it sends under the others' addresses. Every inference has to be right, the session must
stand, the simulated figures have to be those of the quiet run to the microsecond, and this process
(the edge server's) may grow by 64 MB. With ``--rate 5000`` the host's time for an inference is
compared as well. Exit code 1 if anything of that does not hold.
"""

import contextlib
import json
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import click
import numpy as np
from strangers import Overheard, flood_tcp, flood_udp

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import HilError
from hil.inference.inference import Stages
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab
from hil.transport.impairment.packets import ImpairedPackets
from hil.transport.tcp import FrameLink

MEMORY_LIMIT_MB = 64
LATENCY_LIMIT = 1.5
_RECORDED = 200


@dataclass
class Tap:
    """What is said on the links of this process's edge server."""

    asked: list[bytes] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    address: tuple[str, int] | None = None

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
    """What became of the inferences of one turn."""

    via: str
    inferences: int = 0
    wrong: int = 0
    failed: list[str] = field(default_factory=list)
    frames: int = 0
    seconds: float = 0.0
    host_ms: list[float] = field(default_factory=list)
    stages: list[tuple[Stages, Any]] = field(default_factory=list)
    memory_mb: float = 0.0


def _memory_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def _stranger(
    via: str, edge: tuple[str, int], board: Any, known: Overheard, number: Any, rate: float,
    over: Event, sent: Any,
) -> None:  # fmt: skip
    def now() -> Overheard:
        return known.at(number.value)

    flood = (
        flood_tcp(edge, now, over.is_set, rate=rate)
        if via == "tcp"
        else flood_udp(edge, lambda: board, now, over.is_set, rate=rate)
    )
    for count in flood:
        sent.value += count


class Bench:
    """One board, its edge server, and what is right."""

    def __init__(self, head: Board, edge: EdgeServer, model: Model, inferences: int) -> None:
        self._head, self._edge = head, edge
        split = model.split()
        pixels = np.random.default_rng(1).integers(0, 256, (8, *model.input.shape))
        self._images = pixels.astype(np.uint8)
        first, second = Interpreter(split.head), Interpreter(split.tail)
        self._right = [
            second.invoke(first.invoke(each.astype(model.input.dtype))) for each in self._images
        ]
        self._split, self._least = split, inferences

    def turn(self, via: str, *, attacked: bool, frames: int, rate: float) -> Outcome:
        """Connect, and infer until the stranger has sent its frames, or so often in peace."""
        outcome, tap = Outcome(via), Tap()
        with tap.on():
            self._head.connect(self._edge, via)
            for index in range(3):
                self._infer(index, Outcome(via))
        before = _memory_mb()
        context = multiprocessing.get_context("spawn")
        number, over, sent = context.Value("L", 4), context.Event(), context.Value("L", 0)
        stranger = None
        if attacked:
            session = int(self._head.console.request("info")["boot"], 16)
            known = Overheard(
                session, 4, self._split.model_id, self._split.cut.bytes, self._right[0].size,
                tuple(tap.asked), tuple(tap.answered),
            )  # fmt: skip
            stranger = context.Process(
                target=_stranger,
                args=(via, self._edge.address, tap.address, known, number, rate, over, sent),
            )
            stranger.start()
            while not sent.value:
                time.sleep(0.01)
        started = time.perf_counter()
        try:
            while outcome.inferences < self._least or (stranger and sent.value < frames):
                self._infer(outcome.inferences, outcome)
                number.value += 1
                outcome.memory_mb = max(outcome.memory_mb, _memory_mb() - before)
                if len(outcome.failed) > 20:
                    break
        finally:
            outcome.seconds, outcome.frames = time.perf_counter() - started, sent.value
            over.set()
            if stranger is not None:
                stranger.join(10)
                stranger.kill()
        return outcome

    def _infer(self, index: int, outcome: Outcome) -> None:
        which = index % len(self._images)
        started = time.perf_counter()
        outcome.inferences += 1
        try:
            inference = self._head.infer(self._images[which], output=True)
        except HilError as error:
            outcome.failed.append(f"{type(error).__name__}: {error}"[:160])
            outcome.stages.append((None, None))
            with contextlib.suppress(HilError):
                self._head.connect(self._edge, outcome.via)
            return
        outcome.host_ms.append((time.perf_counter() - started) * 1000)
        right = self._right[which].reshape(-1)
        best = sorted(range(right.size), key=lambda each: (-int(right[each]), each))[:5]
        exact = inference.transport_exact and np.array_equal(inference.output.reshape(-1), right)
        outcome.wrong += not (exact and list(inference.top5_ids) == best)
        outcome.stages.append((inference.stages, inference.wire))


def _moved(quiet: Outcome, attacked: Outcome) -> int:
    """Return how many simulated figures differ, those of the same inferences."""
    return sum(
        (one is None) or asdict(one[0]) != asdict(other[0]) or one[1] != other[1]
        for one, other in zip(attacked.stages, quiet.stages, strict=False)
        if one[0] is not None and other[0] is not None
    )


@click.command()
@click.option("--via", default="tcp,udp", show_default=True)
@click.option("--frames", default=1_000_000, show_default=True)
@click.option("--rate", default=0.0, help="Frames a second; as many as can be if not given.")
@click.option("--inferences", default=50, show_default=True, help="At least so many.")
def main(via: str, frames: int, rate: float, inferences: int) -> None:
    """Measure."""
    model = Model.load(resource("models/tiny"))
    well, figures = True, []
    for link in via.split(","):
        outcomes = []
        for attacked in (False, True):
            split = model.split()
            with Lab.start() as lab, Board.open(lab=lab) as head:
                head.flash(None, model)
                with EdgeServer(split.tail, split.model_id, stopwatch=head.stopwatch) as edge:
                    bench = Bench(head, edge, model, inferences)
                    outcomes.append(bench.turn(link, attacked=attacked, frames=frames, rate=rate))
                    counters = edge.counters
        quiet, hit = outcomes
        ratio = statistics.median(hit.host_ms or [0]) / statistics.median(quiet.host_ms)
        figure = {
            "via": link,
            "frames": hit.frames,
            "a_second": round(hit.frames / hit.seconds),
            "inferences": hit.inferences,
            "wrong": hit.wrong,
            "failed": len(hit.failed),
            "moved": _moved(quiet, hit),
            "memory_mb": round(hit.memory_mb, 1),
            "host_ms": round(statistics.median(hit.host_ms or [0]), 1),
            "ratio": round(ratio, 2),
        }
        figures.append(figure)
        click.echo(json.dumps(figure))
        click.echo(f"  counters: {counters}")
        for each in hit.failed[:5]:
            click.echo(f"  {each}")
        well &= not (hit.wrong or hit.failed or figure["moved"])
        well &= hit.memory_mb <= MEMORY_LIMIT_MB and (not rate or ratio <= LATENCY_LIMIT)
    raise SystemExit(not well)


if __name__ == "__main__":
    main()
