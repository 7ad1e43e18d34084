# SPDX-License-Identifier: MIT
"""Each link of the run: exactness, latency by stage, round trips, loss, and what it costs."""

import itertools
from typing import Any

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.measuring import Measuring
from hil.budgets.spread import percentile, spread
from hil.inference.inference import Inference, Stages
from hil.links import SMALL_ECHO_BYTES
from hil.model.photos import Photo
from hil.model.split import Cut
from hil.pytestplugin.options import Settings

pytestmark = pytest.mark.hil

STAGES = ("load", "invoke", "send", "wait", "transfer", "total")


class BoardClock:
    """A timer for pytest-benchmark that moves on by what the board says an inference took."""

    __name__ = "board_clock"

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


CLOCK = BoardClock()


@pytest.mark.latency_budget
@pytest.mark.benchmark(group="one inference, by the board's clock", timer=CLOCK)
def test_inferences_are_exact_and_within_their_budget(
    board: Board,
    link: Connection,
    latency: Measuring,
    shots: Any,
    cut: Cut,
    photos: list[Photo],
    hil_settings: Settings,
    benchmark: Any,
) -> None:
    """Over every link the same bits, however often and in whatever order photos are sent."""
    turns = itertools.cycle(photos)
    measured: list[tuple[Photo, Inference]] = []

    def infer_once() -> None:
        photo = next(turns)
        inference = latency.infer(photo)
        if inference is not None:
            measured.append((photo, inference))
            CLOCK.seconds += inference.stages.total_us / 1e6

    benchmark.pedantic(infer_once, rounds=hil_settings.rounds)

    assert measured, f"none of {hil_settings.rounds} inferences over {link.via} was answered"
    for photo, inference in measured:
        assert inference.via == link.via
        assert inference.transport_exact
        assert inference.activation is not None
        shot = shots.of(photo).inference
        assert inference.activation.tobytes() == shot.activation.tobytes()
        assert inference.top5 == shot.top5
        check_stages(inference.stages)
        assert inference.wire is not None
        assert inference.wire.bytes > cut.bytes
    inferences = [inference for _, inference in measured]
    benchmark.extra_info.update(summary(inferences, link.via, cut))
    benchmark.extra_info["simulated"] = board.simulated


def check_stages(stages: Stages) -> None:
    """Stages add up, and the tail's time lies within the wait for it."""
    parts = (stages.load_us, stages.invoke_us, stages.send_us, stages.wait_us)
    assert stages.total_us == sum(parts)
    assert all(part > 0 for part in parts)
    assert 0 < stages.edge_invoke_us <= stages.edge_us <= stages.wait_us
    assert stages.transfer_us > 0


def summary(inferences: list[Inference], via: str, cut: Cut) -> dict[str, Any]:
    """Return what goes into pytest-benchmark's record, beside the total that it has itself."""
    stages = {
        f"{name}_us": spread([getattr(each.stages, f"{name}_us") for each in inferences])
        for name in STAGES
    }
    transfers = [inference.stages.transfer_us for inference in inferences]
    wires = [inference.wire for inference in inferences if inference.wire is not None]
    return {
        "via": via,
        **stages,
        "goodput_bytes_per_s": round(cut.bytes * 1_000_000 / percentile(transfers, 0.5)),
        "payload_to_wire": round(len(wires) * cut.bytes / sum(wire.bytes for wire in wires), 4),
        "resent_fragments": sum(wire.resent for wire in wires),
    }


@pytest.mark.latency_budget("rtt_small", "rtt_activation", "loss")
def test_round_trips_are_within_their_budget(
    link: Connection, latency: Measuring, cut: Cut, hil_settings: Settings
) -> None:
    """A small message and one of the activation's size, there and back."""
    for size in (SMALL_ECHO_BYTES, cut.bytes):
        trips = [latency.rtt(size) for _ in range(hil_settings.rounds)]
        answered = [trip for trip in trips if trip is not None]
        assert answered, f"none of {len(trips)} echoes of {size} bytes over {link.via} came back"
        for trip in answered:
            assert (trip.via, trip.size) == (link.via, size)
            assert trip.us is not None
            assert trip.us > 0
            assert trip.wire is not None
            assert trip.wire.bytes > size
