# SPDX-License-Identifier: MIT
"""The firmware over BLE: to the edge server, to another board, through a loss."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.model.model import Model
from hil.protocol import HEADER_SIZE, FrameHeader, MessageType
from hil.protocol.auth import TAG_SIZE
from hil.resources import resource
from hil.sim.process import Lab
from hil.transport.ble.link import BleLink

MODEL = Model.load(resource("models/tiny"))
IMAGES = np.random.default_rng(1).integers(0, 256, (3, *MODEL.input.shape)).astype(np.uint8)

Rig = tuple[Board, Board, EdgeServer]


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """A head, a tail and an edge server."""
    split = MODEL.split()
    with (
        Lab.start(boards=2) as lab,
        Board.open(lab=lab) as head,
        Board.open(lab=lab, index=1) as tail,
    ):
        head.flash(None, MODEL)
        tail.flash(None, MODEL, role="tail")
        with EdgeServer(split.tail, split.model_id, stopwatch=head.stopwatch) as edge:
            yield head, tail, edge


def test_an_inference_over_ble_is_that_of_the_edge_server(rig):
    head, _, edge = rig
    head.connect(edge, "ble")
    for image in IMAGES:
        inference = head.infer(image)
        record = edge.record(inference.message_id)
        assert inference.activation_crc == record.activation_crc
        assert inference.top1.class_id == np.argmax(record.output)
        assert inference.wire is not None
        assert inference.wire.resent == 0


def test_head_and_tail_agree_over_ble_without_a_host(rig):
    head, tail, edge = rig
    head.connect(edge, "ble")
    expected = [head.infer(image).top5 for image in IMAGES]
    head.connect(tail, "ble")
    assert [head.infer(image).top5 for image in IMAGES] == expected


@pytest.mark.parametrize("size", [0, 16, 211, 5_488, 20_000])
def test_bytes_of_any_number_come_back(rig, size):
    head, _, edge = rig
    head.connect(edge, "ble")
    trip = head.rtt(size)
    assert (trip.code, trip.via) == (None, "ble")
    assert trip.wire is not None
    assert trip.wire.frames == -(-(size + 12 + TAG_SIZE) // (244 - HEADER_SIZE))


class Cut(BleLink):
    """Loses its connection when the first frame of a message has come, as often as it is told."""

    cuts = 0

    def _frame(self, frame: bytes) -> None:
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        if Cut.cuts and header.type in (MessageType.DATA, MessageType.ECHO):
            Cut.cuts -= 1
            session = self._session
            assert session is not None
            self._cutting = self._thread.loop.create_task(session.close())
            return
        super()._frame(frame)


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have the host lose its connection in the middle of messages."""
    monkeypatch.setattr("hil.transport.ble.link.BleLink", Cut)
    return lambda times: setattr(Cut, "cuts", times)


@pytest.mark.parametrize("times", [1, 2])
def test_a_message_whose_connection_is_lost_is_sent_again_over_the_next(rig, cut, times):
    head, _, edge = rig
    head.connect(edge, "ble")
    before = head.infer(IMAGES[0])
    cut(times)
    after = head.infer(IMAGES[0])
    assert Cut.cuts == 0
    assert after.top5 == before.top5
    assert edge.record(after.message_id).activation_crc == after.activation_crc
    assert after.wire is not None
    assert after.wire.resent > 0
    cut(times)
    assert head.rtt(1_000).code is None
    assert Cut.cuts == 0
