# SPDX-License-Identifier: MIT
"""A tail to serve, and a server that serves it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from hil.edge import EdgeServer, FixedStopwatch
from hil.edge.client import HeadClient
from hil.edge.tail import Tail
from hil.model.interpreter import Interpreter, Kernels
from hil.model.model import Model
from hil.model.split import Split
from hil.protocol import DataType, MessageType

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")

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
