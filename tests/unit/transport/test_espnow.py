# SPDX-License-Identifier: MIT
"""Frames through a gateway's console."""

import itertools
import queue
import struct
import threading
from pathlib import Path

import numpy as np
import pytest
from fake_gateway import GATEWAY_CREDIT, FakeGateway

from hil.console.console import Console
from hil.edge import EdgeServer
from hil.edge.asking.client import HeadClient
from hil.edge.asking.packet_asker import PacketAsker
from hil.errors import LabError
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.transport.espnow import CREDIT, GatewayLink

MAC = "02:00:00:00:00:01"
OTHER = "02:00:00:00:00:02"
PATIENCE_S = 10.0
TINY = Path(__file__).parents[3] / "models" / "tiny"


class Rig:
    """A link over the console of a fake gateway, and what it has delivered."""

    def __init__(self) -> None:
        self.gateway = FakeGateway()
        self.console = Console(self.gateway.port, "fake")
        self.link = GatewayLink(self.console)
        self.frames: queue.Queue = queue.Queue()
        self.lost: queue.Queue = queue.Queue()
        self.link.start(lambda *frame: self.frames.put(frame), lambda *loss: self.lost.put(loss))

    def next(self):
        return self.frames.get(timeout=PATIENCE_S)


@pytest.fixture
def rig():
    bench = Rig()
    yield bench
    bench.link.close()
    bench.console.close()


def test_a_frame_from_the_air_comes_with_its_mac_and_is_dealt_with_when_done(rig):
    rig.gateway.from_air(MAC, b"frame")
    peer, frame, done = rig.next()
    assert (peer, frame, rig.gateway.dealt) == (MAC, b"frame", 0)
    done()
    rig.gateway.wait(lambda: rig.gateway.dealt == 1)


def test_record_6_covers_only_what_is_done_without_a_gap(rig):
    for number in range(3):
        rig.gateway.from_air(MAC, bytes([number]))
    first, second, third = (rig.next()[2] for _ in range(3))
    second()
    third()
    rig.console.request("role")
    assert rig.gateway.dealt == 0
    first()
    rig.gateway.wait(lambda: rig.gateway.dealt == 3)
    assert rig.gateway.records == [ChunkType.DEALT]


def test_what_is_said_in_reply_leaves_before_record_6(rig):
    rig.gateway.from_air(MAC, b"question")
    _, _, done = rig.next()
    rig.link.send(MAC, [b"one", b"two"])
    done()
    rig.gateway.wait(lambda: rig.gateway.dealt == 1)
    assert rig.gateway.sent == [(MAC, b"one"), (MAC, b"two")]
    assert rig.gateway.records == [ChunkType.SEND, ChunkType.SEND, ChunkType.DEALT]


def test_frames_beyond_the_credit_wait_for_the_gateway_and_all_behind_them_too(rig):
    gateway = rig.gateway
    gateway.takes = False
    gateway.from_air(MAC, b"question")
    _, _, done = rig.next()
    rig.link.send(MAC, [bytes([number]) for number in range(CREDIT + 3)])
    done()
    gateway.wait(lambda: len(gateway.sent) == CREDIT)
    rig.console.request("role")
    assert (len(gateway.sent), gateway.dealt) == (CREDIT, 0)
    gateway.take()
    gateway.wait(lambda: gateway.dealt == 1)
    assert [frame for _, frame in gateway.sent] == [bytes([n]) for n in range(CREDIT + 3)]


def test_records_that_the_serial_line_lost_are_counted_and_covered_by_the_next(rig):
    rig.gateway.lose(2)
    rig.gateway.from_air(MAC, b"frame")
    rig.next()[2]()
    rig.gateway.wait(lambda: rig.gateway.dealt == 3)
    assert rig.link.counters["lost_in"] == 2


def test_a_record_that_comes_again_is_ignored(rig):
    rig.gateway.from_air(MAC, b"one")
    rig.gateway.received = 0
    rig.gateway.from_air(MAC, b"again")
    rig.gateway.from_air(MAC, b"two")
    assert [rig.next()[1] for _ in range(2)] == [b"one", b"two"]


def test_credit_that_never_comes_back_is_taken_for_line_loss(rig, monkeypatch):
    monkeypatch.setattr("hil.transport.espnow.STALL_S", 0.05)
    gateway = rig.gateway
    gateway.takes = False
    rig.link.send(MAC, [b"lost"] * CREDIT)
    gateway.wait(lambda: len(gateway.sent) == CREDIT)
    gateway._taken = gateway._last  # its record 5 is lost
    rig.link.send(MAC, [b"next"])
    gateway.wait(lambda: gateway.sent[-1] == (MAC, b"next"))
    assert rig.link.counters["lost_out"] == CREDIT


def test_lines_keep_working_between_records(rig):
    for number in range(10):
        rig.gateway.from_air(MAC, bytes([number]))
        assert rig.console.request("role")["role"] == "gateway"
        assert rig.next()[1] == bytes([number])


def test_other_binary_data_comes_between_records(rig):
    chunk = Chunk(ChunkType.READ, 0, b"data")
    rig.gateway.from_air(MAC, b"before")
    rig.gateway.port.feed(chunk.pack())
    rig.gateway.from_air(MAC, b"after")
    assert rig.console.take_chunk(PATIENCE_S) == chunk
    assert [rig.next()[1] for _ in range(2)] == [b"before", b"after"]


def test_at_any_speed_no_frame_is_lost_in_either_direction(rig):
    """The port in memory is faster than 921,600 baud, which carry 330 such frames a second."""
    frames = [np.random.default_rng(number).bytes(250) for number in range(1000)]

    def answer():
        for _ in frames:
            peer, frame, done = rig.next()
            rig.link.send(peer, [frame])
            done()

    echo = threading.Thread(target=answer)
    echo.start()
    for frame in frames:
        rig.gateway.when_credited()
        rig.gateway.from_air(MAC, frame)
    echo.join()
    rig.gateway.wait(lambda: rig.gateway.dealt == len(frames))
    assert [frame for _, frame in rig.gateway.sent] == frames
    assert (rig.gateway.dropped, rig.link.counters["lost_in"]) == (0, 0)


def test_when_the_serial_port_goes_every_peer_is_lost_and_sending_is_harmless(rig):
    for mac in (MAC, OTHER):
        rig.gateway.from_air(mac, b"frame")
        rig.next()
    rig.gateway.port.unplug()
    rig.link.send(MAC, [b"anything"])
    lost = {rig.lost.get(timeout=PATIENCE_S) for _ in range(2)}
    assert {mac for mac, _ in lost} == {MAC, OTHER}
    assert all("reconnect the board" in reason for _, reason in lost)
    rig.link.send(MAC, [b"anything"])
    rig.link.close()


def test_when_the_lab_dies_every_peer_is_lost():
    def explain():
        raise LabError("The lab has died.")

    gateway, lost = FakeGateway(), queue.Queue()
    with Console(gateway.port, "fake", explain) as console:
        link = GatewayLink(console)
        link.start(lambda peer, frame, done: done(), lambda *loss: lost.put(loss))
        gateway.from_air(MAC, b"frame")
        gateway.wait(lambda: gateway.dealt == 1)
        gateway.port.unplug()
        link.send(MAC, [b"anything"])
        assert lost.get(timeout=PATIENCE_S) == (MAC, "The lab has died.")
        link.close()


def test_what_has_credit_is_sent_before_closing_ends(rig):
    for _ in range(3):
        rig.gateway.from_air(MAC, b"question")
        _, _, done = rig.next()
        rig.link.send(MAC, [b"answer"])
        done()
    rig.link.close()
    assert (rig.gateway.dealt, len(rig.gateway.sent)) == (3, 3)


def test_closing_does_not_wait_for_credit(rig):
    rig.gateway.takes = False
    rig.link.send(MAC, [b"frame"] * (CREDIT + 1))
    rig.link.close()
    assert len(rig.gateway.sent) == CREDIT
    assert not rig.link._writer.is_alive()


def test_closing_deals_with_what_nobody_has(rig):
    rig.gateway.from_air(MAC, b"one")
    rig.gateway.from_air(MAC, b"two")
    (_, _, done), _ = rig.next(), rig.next()
    done()
    rig.link.close()
    assert rig.gateway.dealt == 2


def test_after_closing_records_are_dealt_with_unseen_and_the_console_works(rig):
    rig.link.close()
    rig.link.close()
    for _ in range(GATEWAY_CREDIT + 1):
        rig.gateway.when_credited()
        rig.gateway.from_air(MAC, b"frame")
    assert rig.console.request("role")["role"] == "gateway"
    assert rig.frames.empty()


def test_closing_before_the_start_is_harmless():
    gateway = FakeGateway()
    with Console(gateway.port, "fake") as console:
        GatewayLink(console).close()


class AirChannel:
    """A head in the air around a gateway."""

    frame_limit = 250

    def __init__(self, gateway, mac) -> None:
        self._gateway, self._mac = gateway, mac
        self._seen = itertools.count()
        self._next = next(self._seen)

    def send(self, frames):
        for frame in frames:
            self._gateway.when_credited()
            self._gateway.from_air(self._mac, frame)

    def receive(self, timeout_s):
        gateway = self._gateway
        with gateway.changed:
            while gateway.changed.wait_for(lambda: len(gateway.sent) > self._next, timeout_s):
                mac, frame = gateway.sent[self._next]
                self._next = next(self._seen)
                if mac == self._mac:
                    return frame
        return None

    def close(self):
        pass


def test_heads_infer_through_a_gateway():
    model = Model.load(TINY)
    split = model.split()
    gateway = FakeGateway()
    spec = split.cut
    inputs = [
        np.random.default_rng(number).integers(-128, 128, spec.shape).astype(spec.dtype)
        for number in range(2)
    ]
    reference = Interpreter(split.tail)
    with (
        Console(gateway.port, "fake") as console,
        EdgeServer(split.tail, split.model_id) as edge,
    ):
        edge.attach(GatewayLink(console))
        for mac, x in zip((MAC, OTHER), inputs, strict=True):
            with HeadClient(PacketAsker(AirChannel(gateway, mac)), split.model_id) as head:
                head.hello(1, spec.bytes, 1)
                _, result = head.infer(x.tobytes(), want_output=True)
                assert result.output == reference.invoke(x).tobytes()
    assert gateway.dropped == 0


class SilentGateway:
    """A gateway's console that takes records and says nothing by itself."""

    def __init__(self) -> None:
        self.listener = None

    def on_record(self, listener) -> None:
        self.listener = listener

    def send_chunks(self, chunks) -> None:
        pass


@pytest.fixture
def silent():
    frames = []
    console = SilentGateway()
    link = GatewayLink(console)
    link.start(lambda *frame: frames.append(frame), lambda *loss: None)
    yield console, link, frames
    link.close()


def test_records_beyond_what_a_gateway_may_send_are_lost_and_said_so_now_and_then(silent, caplog):
    console, link, frames = silent
    arrival = struct.pack("<6sbQ", bytes.fromhex(MAC.replace(":", "")), -40, 0)
    for number in range(1, 1001):
        console.listener(Chunk(ChunkType.RECEIVED, number, arrival + b"frame"))
    assert len(frames) == 64
    assert link.counters["lost_in"] == 1000 - 64
    assert 0 < len(caplog.records) <= 11
    for _, _, done in frames:
        done()
    console.listener(Chunk(ChunkType.RECEIVED, 1001, arrival + b"the next"))
    assert frames[-1][1] == b"the next"


def test_of_the_frames_that_a_gateway_does_not_take_so_many_wait_and_the_rest_is_lost(silent):
    _, link, _ = silent
    link.send(MAC, [b"frame"] * 10_000)
    assert link.counters["lost_out"] == 10_000 - 4096
