# SPDX-License-Identifier: MIT
"""A tail to serve, and a server that serves it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hil.edge import EdgeServer, FixedStopwatch
from hil.edge.asking.client import HeadClient
from hil.edge.tail import Tail
from hil.model.interpreter import Interpreter, Kernels
from hil.model.model import Model
from hil.model.split import Split
from hil.protocol import DataType, MessageType

TINY = Path(__file__).parents[3] / "models" / "tiny"
TOLD = FixedStopwatch(total_us=1500, invoke_us=1200)


@pytest.fixture(scope="session")
def model() -> Model:
    return Model.load(TINY)


@pytest.fixture(scope="session")
def split(model) -> Split:
    return model.split()


@pytest.fixture(scope="session")
def tail(split) -> Tail:
    return Tail(split.tail, split.model_id, Kernels.REFERENCE)


@pytest.fixture(scope="session")
def activation(split, model) -> bytes:
    """What the head makes of a picture of noise."""
    pixels = np.random.default_rng(1).integers(0, 256, model.input.shape)
    return Interpreter(split.head).invoke(pixels.astype(model.input.dtype)).tobytes()


@pytest.fixture
def edge(split) -> Iterator[EdgeServer]:
    with EdgeServer(split.tail, split.model_id, stopwatch=TOLD) as server:
        yield server


@pytest.fixture
def client(edge, split, tail) -> Iterator[HeadClient]:
    """A head that has been greeted."""
    with HeadClient.tcp(edge.address, split.model_id, session=1) as head:
        assert greet(head, tail) is MessageType.HELLO
        yield head


def greet(head: HeadClient, tail: Tail) -> MessageType:
    info = tail.info
    return head.hello(DataType(info.dtype), info.tensor_size, info.classes).type


@pytest.fixture
def activations(split) -> list[bytes]:
    """Activations that differ."""
    size = split.cut.bytes
    return [np.random.default_rng(number).bytes(size) for number in range(12)]


@pytest.fixture
def expected(split) -> Callable[[bytes], bytes]:
    """Tells what the reference tail makes of an activation."""
    tail = Interpreter(split.tail)

    def output(activation: bytes) -> bytes:
        tensor = np.frombuffer(activation, split.cut.dtype).reshape(split.cut.shape)
        return tail.invoke(tensor).tobytes()

    return output


@pytest.fixture
def runs(monkeypatch) -> Counter[bytes]:
    """Counts how often a tail has run on each activation."""
    counts: Counter[bytes] = Counter()
    run = Tail.run

    def counted(self, activation):
        counts[activation] += 1
        return run(self, activation)

    monkeypatch.setattr(Tail, "run", counted)
    return counts


@pytest.fixture
def slow_tail(monkeypatch):
    """Two events: a tail has begun to run; it may end."""
    entered, leave = threading.Event(), threading.Event()
    run = Tail.run

    def slow(self, data):
        entered.set()
        assert leave.wait(10)
        return run(self, data)

    monkeypatch.setattr(Tail, "run", slow)
    yield entered, leave
    leave.set()
