# SPDX-License-Identifier: MIT
"""What each transport adds to running a tail: ``python benchmarks/transport_overhead.py``.

Compares, on this host and in one run, an activation's way to the edge server and its result's way
back, unshaped, with what cannot be saved: running the tail on that activation, and the same bytes
through the bare library (a socket, pyserial over a pseudo-terminal, bleak over bumble). All are
measured in turns, so that whatever else the machine does meets all of them; figures are medians.
Exit code 1 if a ratio exceeds the limit.
"""

import contextlib
import multiprocessing
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from transport_ble import BleLane
from transport_lanes import Exchange, Lane, TcpLane, UdpLane
from transport_serial import EspnowLane

from hil.edge import EdgeServer
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.protocol import DataType
from hil.protocol.auth import new_key
from hil.protocol.payloads import Result

LANES: dict[str, type[Lane]] = {lane.name: lane for lane in (TcpLane, UdpLane, EspnowLane, BleLane)}
MODEL = Path(__file__).parents[1] / "models" / "dogs19"
LIMIT = 1.5
_WARM_UP = 3
_START_S = 60.0


@click.command()
@click.option("--via", default=",".join(LANES), show_default=True, help="Which to measure.")
@click.option("--model", "path", type=click.Path(path_type=Path, exists=True), default=MODEL)
@click.option("--cut", help="Where to cut; the model's default cut if not given.")
@click.option("--rounds", type=click.IntRange(5), default=50, show_default=True)
@click.option("--auth/--no-auth", default=True, show_default=True, help="Whether there is a key.")
@click.option("--limit", default=LIMIT, show_default=True, help="Largest ratio that is well.")
def main(via: str, path: Path, cut: str | None, rounds: int, auth: bool, limit: float) -> None:
    """Measure the default model with the reference kernels."""
    model = Model.load(path)
    split = model.split(cut)
    pixels = np.random.default_rng(0).integers(0, 256, model.input.shape)
    activation = Interpreter(split.head).invoke(pixels.astype(model.input.dtype))
    tail = Interpreter(split.tail)
    expected = tail.invoke(activation)
    exchange = Exchange(
        split.model_id,
        DataType.of(split.cut.dtype),
        expected.size,
        activation.tobytes(),
        len(Result(DataType.INT8, 1, (), 0, 0, 0, 0, 0).pack()),
        new_key() if auth else None,
    )
    names = via.split(",")
    if unknown := set(names) - set(LANES):
        raise click.BadParameter(f"{unknown.pop()!r} is none of {', '.join(LANES)}.")
    lanes = [LANES[name](exchange) for name in names]
    with _served(split.tail, exchange, lanes):
        actions: dict[str, Callable[[], object]] = {"invoke": lambda: tail.invoke(activation)}
        for lane in lanes:
            _, result = lane.head.infer(exchange.activation, want_output=True)
            if result.output != expected.tobytes():
                raise SystemExit(f"{lane.name}: the edge server's output is not the tail's")
            actions[f"{lane.name} bare"] = lane.bare
            actions[f"{lane.name} edge"] = lambda lane=lane: lane.head.infer(exchange.activation)
        taken = _in_turns(rounds, actions)
    table = Table(
        *("protocol", "edge us", "bare invoke us", "bare library us", "", "ratio", "limit"),
        title=f"{model.name} after {split.cut.short_name}, {len(exchange.activation)} bytes, "
        f"reference kernels, medians of {rounds} rounds",
    )
    well = True
    for lane in lanes:
        edge, bare = taken[f"{lane.name} edge"], taken[f"{lane.name} bare"]
        ratio = edge / (taken["invoke"] + bare)
        well = well and ratio <= limit
        figures = [f"{value:.0f}" for value in (edge, taken["invoke"], bare)]
        table.add_row(lane.name, *figures, lane.library, f"{ratio:.3f}", f"{limit:g}")
    Console(width=100).print(table)
    raise SystemExit(not well)


def _in_turns(rounds: int, actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median time of each action, in us."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    screen = Console(stderr=True)
    for number in track(range(_WARM_UP + rounds), "Measuring", console=screen, transient=True):
        for name, action in actions.items():
            started = time.perf_counter_ns()
            action()
            if number >= _WARM_UP:
                times[name].append((time.perf_counter_ns() - started) / 1000)
    return {name: statistics.median(values) for name, values in times.items()}


@contextlib.contextmanager
def _served(tail: bytes, exchange: Exchange, lanes: list[Lane]) -> Iterator[None]:
    """Run the servers in another process, and connect to them."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    invitations = {lane.name: lane.invitation for lane in lanes}
    process = context.Process(target=_serve, args=(theirs, tail, exchange, invitations))
    process.start()
    try:
        for lane in lanes:
            if not ours.poll(_START_S):
                raise SystemExit(f"the server for {lane.name} did not start")
            lane.connect(ours.recv())
        yield
    finally:
        with contextlib.suppress(OSError):  # it has died
            ours.send(None)
        process.join(_START_S)
        process.kill()
        for lane in lanes:
            with contextlib.suppress(AttributeError):  # not connected
                lane.close()


def _serve(
    pipe: Connection, tail: bytes, exchange: Exchange, invitations: dict[str, object]
) -> None:
    with EdgeServer(tail, exchange.model_id, key=exchange.key) as edge:
        for name, invitation in invitations.items():
            pipe.send(LANES[name].serve(edge, exchange, invitation))
        pipe.recv()


if __name__ == "__main__":
    main()
