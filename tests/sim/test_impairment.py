# SPDX-License-Identifier: MIT
"""Impairment at the edge server's end, with a virtual board at the other."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import BoardRefused, HilError, MessageLost
from hil.inference.inference import Inference, Stages, Wire
from hil.inference.judgement import judge
from hil.links import LINKS
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab

PATIENCE_S = 10.0
SMALL, LARGE = 16, 3_000
RATES = {
    "loss": 0.1,
    "duplicate": 0.1,
    "reorder": 0.1,
    "delay": 0.1,
    "replay": 0.4,
    "foreign": 0.4,
}
PACKETS = ("udp", "espnow")
CONNECTIONS = ("tcp", "ble")


class Bench:
    """A head, a gateway and an edge server with the tail of the tiny model."""

    def __init__(self, lab: Lab, stack: ExitStack) -> None:
        self.model = Model.load(resource("models/tiny"))
        self.split = self.model.split()
        self.head = stack.enter_context(Board.open(lab=lab))
        self.gateway = stack.enter_context(Board.open(lab=lab, index=1))
        # What a message is checked by below its tag: with a key the rest is a matter of the tag
        # (tests/unit/edge/test_authenticated.py, hil/suite/connections/test_connections_keys.py).
        self.head.keyless = True
        self.head.flash(None, self.model)
        self.gateway.flash(None, self.model, role="tail")
        self.edge = stack.enter_context(
            EdgeServer(self.split.tail, self.split.model_id, stopwatch=self.head.stopwatch)
        )
        pixels = np.random.default_rng(1).integers(0, 256, (8, *self.model.input.shape))
        self.images = list(pixels.astype(np.uint8))

    def connect(self, via: str) -> None:
        self.head.connect(self.edge, via, gateway=self.gateway if via == "espnow" else None)

    def infer(self, image: np.ndarray) -> Inference:
        """Infer, and see that what came is right."""
        inference = self.head.infer(image)
        verdict = judge(inference, self.model, self.split.cut, image)
        assert verdict.transport.exact
        assert verdict.composition.exact
        assert verdict.kernel.exact
        return inference

    def link_event(self, via: str) -> str:
        return self.head.console.wait_event("link", PATIENCE_S, via=via)["code"]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Lab.start(boards=2) as lab, ExitStack() as stack:
        yield Bench(lab, stack)


@pytest.mark.parametrize("ways", ["both", "rx", "tx"])
@pytest.mark.parametrize("via", LINKS)
def test_results_stay_exact_whatever_is_done_to_the_frames(
    bench: Bench, via: str, ways: Any
) -> None:
    bench.connect(via)
    with bench.edge.impair(**RATES, ways=ways, seed=5) as air:
        for image in bench.images:
            bench.infer(image)
        assert bench.head.rtt(LARGE).us is not None
    assert air.total.replayed
    assert air.total.foreign
    assert (air.total.dropped > 0) == (via in PACKETS)


@pytest.mark.parametrize("via", PACKETS)
def test_a_frame_may_be_late_by_a_time_out_or_by_a_message(bench: Bench, via: str) -> None:
    bench.connect(via)
    for frames in (3, 60):
        with bench.edge.impair(delay=0.3, delay_frames=frames, seed=2) as air:
            for image in bench.images:
                bench.infer(image)
        assert air.rx.delayed
        assert air.tx.delayed


@pytest.mark.parametrize("via", PACKETS)
def test_a_link_that_is_cut_costs_the_message_and_nothing_more(bench: Bench, via: str) -> None:
    bench.connect(via)
    with bench.edge.impair(loss=1), pytest.raises(MessageLost) as lost:
        bench.infer(bench.images[0])
    assert lost.value.code == "edge_timeout"
    bench.infer(bench.images[1])


@pytest.mark.parametrize("via", LINKS)
def test_a_message_with_a_flipped_bit_is_refused_and_the_next_one_is_right(
    bench: Bench, via: str
) -> None:
    for ways in ("rx", "tx"):
        bench.connect(via)
        with bench.edge.impair(corrupt=1, ways=ways), pytest.raises(HilError) as refused:
            bench.infer(bench.images[0])
        # What an edge server cannot read from a stream, it closes.
        expected = "edge_lost" if (via, ways) == ("tcp", "rx") else "protocol"
        assert getattr(refused.value, "code", None) == expected
        if via == "tcp":
            assert bench.link_event(via) == expected
            bench.connect(via)
        bench.infer(bench.images[1])


@pytest.mark.parametrize("via", LINKS)
def test_an_answer_of_another_model_is_refused(bench: Bench, via: str) -> None:
    bench.connect(via)
    with (
        bench.edge.impair(foreign=1, foreign_in=("model",), ways="tx"),
        pytest.raises(BoardRefused, match="another model") as refused,
    ):
        bench.infer(bench.images[0])
    assert refused.value.code == "model_mismatch"
    bench.infer(bench.images[1])


@pytest.mark.parametrize("point", ["request", "answer"])
def test_a_tcp_connection_dropped_amid_an_exchange_is_told_and_can_be_made_again(
    bench: Bench, point: Any
) -> None:
    bench.connect("tcp")
    with bench.edge.impair(drop_connection=point) as air:
        with pytest.raises(MessageLost, match="closed by the host"):
            bench.infer(bench.images[0])
        assert bench.link_event("tcp") == "edge_lost"
        bench.connect("tcp")
        bench.infer(bench.images[1])
    assert air.connections_dropped == 1


@pytest.mark.parametrize("point", ["request", "answer"])
def test_over_ble_a_message_outlives_its_connection(bench: Bench, point: Any) -> None:
    bench.connect("ble")
    with bench.edge.impair(drop_connection=point) as air:
        inference = bench.infer(bench.images[0])
    assert inference.wire is not None
    assert inference.wire.resent
    assert air.connections_dropped == 1
    bench.infer(bench.images[1])


@pytest.mark.parametrize("via", CONNECTIONS)
def test_an_idle_connection_that_is_dropped_is_told_and_can_be_made_again(
    bench: Bench, via: str
) -> None:
    bench.connect(via)
    bench.infer(bench.images[0])
    with bench.edge.impair(drop_connection="idle"):
        assert bench.link_event(via) == "edge_lost"
    bench.connect(via)
    bench.infer(bench.images[1])


@pytest.mark.parametrize("point", ["request", "answer", "idle"])
@pytest.mark.parametrize("via", PACKETS)
def test_without_a_connection_the_edge_server_forgets_the_board(
    bench: Bench, via: str, point: Any
) -> None:
    bench.connect(via)
    with bench.edge.impair(drop_connection=point), pytest.raises(MessageLost) as lost:
        bench.infer(bench.images[0])
    assert lost.value.code == "edge_lost"
    bench.connect(via)
    bench.infer(bench.images[1])


@pytest.mark.parametrize("via", PACKETS)
def test_with_a_key_a_board_learns_by_its_own_patience_that_it_was_forgotten(
    bench: Bench, via: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.head, "keyless", False)
    bench.connect(via)
    bench.infer(bench.images[0])
    before = int(bench.head.console.request("stats")["uptime_us"])
    with bench.edge.impair(drop_connection="idle"), pytest.raises(MessageLost) as lost:
        bench.infer(bench.images[0])
    assert lost.value.code == "edge_timeout"
    assert int(bench.head.console.request("stats")["uptime_us"]) - before < 11_000_000
    bench.connect(via)
    bench.infer(bench.images[1])


Figures = dict[str, list[tuple[Stages, Wire | None] | int | None]]


def figures() -> Figures:
    """Return what a board measures on each link while that is impaired."""
    measured: Figures = {}
    with Lab.start(boards=2) as lab, ExitStack() as stack:
        bench = Bench(lab, stack)

        def measure(name: str, via: str, **how: Any) -> None:
            bench.connect(via)
            with bench.edge.impair(**how):
                of = [bench.infer(image) for image in bench.images[:4]]
                trips = [bench.head.rtt(size).us for size in (SMALL, LARGE)]
            measured[f"{via} {name}"] = [*((each.stages, each.wire) for each in of), *trips]

        for via in LINKS:
            measure("all", via, **RATES, seed=3)
        for via in PACKETS:
            measure("another seed", via, **RATES, seed=4)
        measure("dropped", "ble", replay=0.5, foreign=0.5, drop_connection="answer")
    return measured


def test_a_seed_gives_the_same_microseconds_and_another_seed_others() -> None:
    once = figures()
    assert figures() == once
    for via in PACKETS:
        assert once[f"{via} another seed"] != once[f"{via} all"]
