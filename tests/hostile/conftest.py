# SPDX-License-Identifier: MIT
"""An edge server whose boards have a key, an honest head, and what strangers know of both."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from strangers import Overheard

from hil.edge import EdgeServer, FixedStopwatch
from hil.edge.asking.client import HeadClient
from hil.edge.asking.packet_asker import PacketAsker, UdpChannel
from hil.edge.asking.stream_asker import StreamAsker
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.model.split import Split
from hil.protocol import DataType, MessageType
from hil.protocol.auth import new_key

TINY = Path(__file__).parents[2] / "models" / "tiny"
SESSION = 0x0B0A4D
CLASSES = 10


class RecordingChannel(UdpChannel):
    """A UDP socket that somebody listens to.

    Attributes:
        sent: what the head has sent. heard: what it has been sent.
    """

    def __init__(self, address) -> None:
        super().__init__(address)
        self.sent: list[bytes] = []
        self.heard: list[bytes] = []

    def send(self, frames):
        self.sent += frames
        super().send(frames)

    def receive(self, timeout_s):
        frame = super().receive(timeout_s)
        self.heard += [] if frame is None else [frame]
        return frame


class Honest:
    """A head with the key, and what is right."""

    def __init__(self, head: HeadClient, split: Split) -> None:
        self.head = head
        self._split = split
        self._tail = Interpreter(split.tail)
        self._chance = np.random.default_rng(1)

    def greet(self) -> None:
        """Begin a session."""
        cut = self._split.cut
        dtype = DataType.of(cut.dtype)
        assert self.head.hello(dtype, cut.bytes, CLASSES).type is MessageType.HELLO
        assert self.head.ask(MessageType.ECHO, b"begun").payload == b"begun"

    def infer(self) -> tuple[int, bytes]:
        """Infer, see that the answer is right, and return its message id and the activation."""
        cut = self._split.cut
        activation = self._chance.bytes(cut.bytes)
        number, result = self.head.infer(activation, want_output=True)
        tensor = np.frombuffer(activation, cut.dtype).reshape(cut.shape)
        assert result.output == self._tail.invoke(tensor).tobytes()
        return number, activation


@pytest.fixture(scope="session")
def split() -> Split:
    return Model.load(TINY).split()


@pytest.fixture
def key():
    return new_key()


@pytest.fixture
def edge(split, key) -> Iterator[EdgeServer]:
    with EdgeServer(
        split.tail, split.model_id, stopwatch=FixedStopwatch(1500, 1200), key=key
    ) as server:
        yield server


@pytest.fixture(params=["tcp", "udp"])
def via(request) -> str:
    return request.param


@pytest.fixture
def channel(edge) -> RecordingChannel:
    """The honest head's socket, where it has one over UDP."""
    return RecordingChannel(edge.address)


@pytest.fixture
def honest(edge, split, key, via, channel) -> Iterator[Honest]:
    """A head whose session has begun."""
    way = StreamAsker(edge.address, 10.0, key) if via == "tcp" else PacketAsker(channel, key)
    with HeadClient(way, split.model_id, SESSION) as head:
        head = Honest(head, split)
        head.greet()
        yield head
    channel.close()


@pytest.fixture
def known(split) -> Overheard:
    """What a stranger knows of the honest head."""
    return Overheard(SESSION, 3, split.model_id, split.cut.bytes, CLASSES)
