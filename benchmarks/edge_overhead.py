# SPDX-License-Identifier: MIT
"""What the edge server adds to running a tail: ``python benchmarks/edge_overhead.py``.

Compares, on this host and in one run, an activation's way to the edge server and its result's way
back over loopback with what cannot be saved: running the tail on that activation, and echoing the
same bytes through a bare socket. The three are measured in turns, so that whatever else the
machine does meets all of them; figures are medians. Both servers run in a process of their own, as
a board is never in the server's; both clients send prepared bytes and read a known number of them.
Exit code 1 if the ratio exceeds the limit.
"""

import contextlib
import json
import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import click
import numpy as np

from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.model.interpreter import Interpreter, Kernels
from hil.model.model import Model
from hil.model.split import Split
from hil.protocol import DataType, Flags, Message, MessageType, pack_stream

Address = tuple[str, int]
MODELS = Path(__file__).parents[1] / "models"
LIMIT = 1.25


def measure(path: Path, cut: str | None, kernels: Kernels, rounds: int) -> dict[str, object]:
    """Return the medians for one model, in us, and their ratio."""
    model = Model.load(path)
    split = model.split(cut)
    pixels = np.random.default_rng(0).integers(0, 256, model.input.shape)
    activation = Interpreter(split.head).invoke(pixels.astype(model.input.dtype))
    sent = activation.tobytes()
    tail = Interpreter(split.tail, kernels)
    expected = tail.invoke(activation)

    with (
        _servers(split, kernels, len(sent)) as (edge_address, echo_address),
        HeadClient.tcp(edge_address, split.model_id) as head,
        socket.create_connection(echo_address) as bare,
    ):
        bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head.hello(DataType.of(split.cut.dtype), len(sent), expected.size)
        _, result = head.infer(sent, want_output=True)
        if result.output != expected.tobytes():
            raise SystemExit(f"{model.name}: the edge server's output is not the tail's")
        data = Message(MessageType.DATA, Flags.NONE, 1, 1_000_000, split.model_id, sent)
        request = pack_stream(data)
        answer_size = len(pack_stream(data._replace(payload=result.pack()))) - len(result.output)
        taken = _in_turns(
            rounds,
            invoke=lambda: tail.invoke(activation),
            echo=lambda: _ask(bare, sent, len(sent)),
            edge=lambda: _ask(head.asker.socket, request, answer_size),
        )
    return {
        "model": model.name,
        "cut": split.cut.short_name,
        "kernels": kernels.name.lower(),
        "bytes": len(sent),
        "rounds": rounds,
        **{f"{name}_us": round(value, 1) for name, value in taken.items()},
        "ratio": round(taken["edge"] / (taken["invoke"] + taken["echo"]), 3),
    }


def _in_turns(rounds: int, **actions: Callable[[], object]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds + 3):
        for name, action in actions.items():
            started = time.perf_counter_ns()
            action()
            if number >= 3:
                times[name].append((time.perf_counter_ns() - started) / 1000)
    return {name: statistics.median(values) for name, values in times.items()}


@contextlib.contextmanager
def _servers(split: Split, kernels: Kernels, size: int) -> Iterator[tuple[Address, Address]]:
    """Run both servers in another process and yield their addresses."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_serve, args=(theirs, split.tail, split.model_id, kernels, size)
    )
    process.start()
    try:
        if not ours.poll(30):
            raise SystemExit("the servers did not start")
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(30)
        process.kill()


def _serve(pipe: Connection, tail: bytes, model_id: int, kernels: Kernels, size: int) -> None:
    with EdgeServer(tail, model_id, kernels=kernels) as edge:
        pipe.send((edge.address, _echo_server(size)))
        pipe.recv()


def _echo_server(size: int) -> Address:
    """Start a thread that sends back whatever ``size`` bytes one client sends."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with listener, connection:
            while data := _receive(connection, size):
                connection.sendall(data)

    threading.Thread(target=run, daemon=True).start()
    host, port = listener.getsockname()
    return host, port


def _receive(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(1 << 18)
        if not part:
            return b""
        data += part
    return bytes(data)


def _ask(connection: socket.socket, data: bytes, answer_size: int) -> None:
    connection.sendall(data)
    if not _receive(connection, answer_size):
        raise SystemExit("the connection was lost")


@click.command()
@click.option("--model", "paths", multiple=True, type=click.Path(path_type=Path, exists=True))
@click.option("--cut", help="Where to cut; each model's default cut if not given.")
@click.option("--kernels", type=click.Choice(["reference", "xnnpack", "both"]), default="both")
@click.option("--rounds", type=click.IntRange(10), default=200, show_default=True)
@click.option("--limit", default=LIMIT, show_default=True, help="Largest ratio that is well.")
def main(paths: tuple[Path, ...], cut: str | None, kernels: str, rounds: int, limit: float) -> None:
    """Measure models/tiny and models/dogs19, or the models given."""
    kinds = list(Kernels) if kernels == "both" else [Kernels[kernels.upper()]]
    figures = [
        measure(path, cut, kind, rounds)
        for path in paths or (MODELS / "tiny", MODELS / "dogs19")
        for kind in kinds
    ]
    for each in figures:
        click.echo(
            "{model} after {cut}, {kernels} kernels, {bytes} bytes: edge {edge_us} us, bare invoke "
            "{invoke_us} us, bare echo {echo_us} us, ratio {ratio}".format(**each)
        )
    click.echo(json.dumps({"limit": limit, "figures": figures}))
    raise SystemExit(any(float(str(each["ratio"])) > limit for each in figures))


if __name__ == "__main__":
    main()
