# SPDX-License-Identifier: MIT
"""Each link of the run: exactness, latency by stage, round trips, loss, and what it costs."""

import itertools
from collections.abc import Sized
from typing import Any

import pytest

from hil.board.board import Board
from hil.board.connection import Connection
from hil.board.measuring import Measuring
from hil.budgets.spread import percentile, spread
from hil.inference.inference import Inference, RoundTrip, Stages, Wire
from hil.links import SMALL_ECHO_BYTES
from hil.model.inputs.samples import Sample
from hil.model.split import Cut
from hil.pytestplugin.options import Settings
from hil.symptoms import expect

pytestmark = pytest.mark.hil

HOPELESS = 5
"""Messages in a row, from the first on, after which a link is taken to answer none."""

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
    photos: list[Sample],
    hil_settings: Settings,
    benchmark: Any,
) -> None:
    """Over every link the same bits, however often and in whatever order photos are sent."""
    benchmark.name = f"over {link.via}"
    turns = itertools.cycle(photos)
    measured: list[tuple[Sample, Inference]] = []

    asked = itertools.count(1)

    def infer_once() -> None:
        photo = next(turns)
        inference = latency.infer(photo)
        if inference is not None:
            measured.append((photo, inference))
            CLOCK.seconds += inference.stages.total_us / 1e6
        expect_an_answer(measured, next(asked), hil_settings.rounds, link.via, "inference")

    benchmark.pedantic(infer_once, rounds=hil_settings.rounds)

    for photo, inference in measured:
        check_answer(inference, shots.of(photo).inference, link.via, photo.name)
        check_stages(inference.stages, link.via)
        check_wire(inference.wire, cut.bytes, link.via, "inference")
    inferences = [inference for _, inference in measured]
    benchmark.extra_info.update(summary(inferences, link.via, cut))
    benchmark.extra_info["simulated"] = board.simulated


def expect_an_answer(answered: Sized, asked: int, rounds: int, via: str, stage: str) -> None:
    """Each message without an answer takes a board's ten seconds: some are enough to tell."""
    expect(
        len(answered) > 0 or asked < min(HOPELESS, rounds),
        "unanswered",
        link=via,
        stage=stage,
        expected="answers",
        got=f"none to {asked} messages in a row",
    )


def check_answer(found: Inference, first: Inference, via: str, name: str) -> None:
    """The bits that crossed are those that were computed, and the same as the first time."""
    assert found.activation is not None
    assert first.activation is not None
    stage = f"inference of {name}"
    expect(
        found.transport_exact,
        "altered-activation",
        link=via,
        stage=stage,
        expected=f"CRC-32 {found.activation_crc:08x} of the activation at the tail",
        got=f"{found.received_crc:08x}",
    )
    expect(
        found.activation.tobytes() == first.activation.tobytes(),
        "other-answer",
        link=via,
        stage=stage,
        expected=f"the activation that crossed over {first.via}",
        got="another",
    )
    expect(
        found.top5 == first.top5,
        "other-answer",
        link=via,
        stage=stage,
        expected=f"the classes {first.top5_ids} as over {first.via}",
        got=found.top5_ids,
    )


def check_stages(stages: Stages, via: str) -> None:
    """Stages add up, and the tail's time lies within the wait for it."""
    parts = {
        "load": stages.load_us,
        "invoke": stages.invoke_us,
        "send": stages.send_us,
        "wait": stages.wait_us,
        "transfer": stages.transfer_us,
    }
    for name, us in parts.items():
        expect(
            us > 0,
            "stage-times",
            link=via,
            stage=name,
            expected="more than 0 us",
            got=f"{us} us",
        )
    expect(
        0 < stages.edge_invoke_us <= stages.edge_us <= stages.wait_us,
        "stage-times",
        link=via,
        stage="wait",
        expected="the tail's kernels within the tail's time within the wait for it",
        got=f"{stages.edge_invoke_us}, {stages.edge_us} and {stages.wait_us} us",
    )


def check_wire(wire: Wire | None, payload: int, via: str, stage: str) -> None:
    """What an exchange cost on the link is told, and is more than the payload."""
    expect(
        wire is not None and wire.bytes > payload,
        "wire-miscounted",
        link=via,
        stage=stage,
        expected=f"more than {payload} bytes on the link",
        got=f"{wire.bytes}" if wire else "no figure",
    )


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
        answered: list[RoundTrip] = []
        stage = f"echo of {size} bytes"
        for asked in range(1, hil_settings.rounds + 1):
            if (trip := latency.rtt(size)) is not None:
                answered.append(trip)
            expect_an_answer(answered, asked, hil_settings.rounds, link.via, stage)
        for trip in answered:
            assert trip.us is not None
            expect(
                trip.us > 0,
                "stage-times",
                link=link.via,
                stage=stage,
                expected="more than 0 us",
                got=f"{trip.us} us",
            )
            check_wire(trip.wire, size, link.via, stage)
