# SPDX-License-Identifier: MIT
"""Runs to draw pages of, made of the records that a real one leaves."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hil.budgets import LinkBudget, StageLimit, judge
from hil.model.accuracy import AgreementLimit, AgreementLimits
from hil.results import (
    BoardRecord,
    CutRecord,
    DistanceRecord,
    ErrorRecord,
    FirmwareRecord,
    FlashRecord,
    InferenceRecord,
    JudgementRecord,
    ModelRecord,
    RegionRecord,
    Results,
    RoundTripRecord,
    TestRecord,
    WireRecord,
)

LINKS = ("tcp", "udp", "espnow", "ble")
CLASSES = 19
MODEL = "00c0ffee"

MakeRun = Callable[..., Results]


@pytest.fixture(scope="session")
def photo_paths() -> list[Path]:
    """The photos of the repository."""
    return sorted((Path(__file__).parents[3] / "photos").glob("*.jpg"))


@pytest.fixture
def make_run(photo_paths: list[Path], tmp_path: Path) -> MakeRun:
    """Make a run of some photos and rounds over some links.

    Every seventh photo disagrees with the float model; ``failing`` names one that the split gets
    wrong. ``limit_ms`` is that of each stage; ``shift_us`` is added to every time on a link.
    """

    def make(
        photos: int = 14,
        rounds: int = 20,
        links: tuple[str, ...] = LINKS,
        *,
        failing: str = "",
        limit_ms: float | None = 100,
        simulated: bool = True,
        shift_us: int = 0,
        seed: int = 1,
    ) -> Results:
        chance = random.Random(seed)
        results = Results(
            limits=AgreementLimits(10, AgreementLimit(0.9, 0.9), AgreementLimit(0.5, 0.5)),
            directory=tmp_path,
        )
        _describe(results, simulated)
        for number in range(photos):
            name = failing if failing and number == 0 else f"photo_{number:04}.jpg"
            path = photo_paths[number % len(photo_paths)]
            _photo(results, name, path, number, wrong=name == failing, chance=chance)
        for via in links:
            _measure(results, via, rounds, limit_ms, simulated, shift_us, chance)
        results.tests.append(TestRecord("t.py::test_photos", "passed", None, 1.5, None))
        results.exit_status = 0
        return results

    return make


@pytest.fixture
def crashed() -> ErrorRecord:
    """A panic, with its backtrace and what the board has said."""
    return ErrorRecord(
        "t.py::test_crash[udp]",
        "call",
        "product",
        "BoardPanic",
        "While it was running, the board panicked: abort().",
        ("Backtrace (decoded by pyelftools):\n  0x42001234 sn_node_infer at node/infer.c:12",),
        "t.py",
        7,
        ((0.1, None, "dut", "tx", "#1 infer *0000"), (0.2, 1.5, "dut", "fault", "abort()")),
    )


@pytest.fixture
def document(make_run: MakeRun) -> dict[str, Any]:
    """The document of a usual run."""
    return make_run().document()


def _describe(results: Results, simulated: bool) -> None:
    kind = "virtual" if simulated else "usb"
    mac = "02:00:00:00:00:01"
    results.board = BoardRecord(
        kind, "/dev/ttyACM0", mac, "esp32s3", simulated, "reference", "POWERON"
    )
    results.firmware = FirmwareRecord("0.1.0", "0123456789abcdef", False)
    results.model = ModelRecord("dogs19", MODEL, CLASSES, "photos scaled to [-1, 1]")
    results.cut = CutRecord("block_6_project", "a/long/name", 6400)
    app = RegionRecord("app", 0x10000, 200_000)
    boot = RegionRecord("bootloader", 0, 900)
    results.flash.append(FlashRecord((app,), (boot,), 3.2, 921_600))


def _photo(
    results: Results, name: str, path: Path, number: int, *, wrong: bool, chance: random.Random
) -> None:
    labels = tuple(f"dog {each}" for each in range(CLASSES))
    best = tuple(chance.sample(range(CLASSES), 5))
    other = (best[1], best[0], *best[2:])
    label = best[0] if number % 3 else best[1]
    results.note_origin(name, path, MODEL, labels)
    results.photo(name, labels[label], label)
    for judgement in ("transport", "composition", "kernel", "full"):
        exact = not (wrong and judgement == "full")
        said = "all 19 elements are identical" if exact else "3 of 19 elements differ"
        results.judge(name, judgement, JudgementRecord(exact, exact, said))
    scores = (0.5, 0.2, 0.1, 0.05, 0.01)
    results.predict(name, "board", best, scores=scores)
    far = DistanceRecord(round(chance.random() / 10, 4), 0.01)
    results.predict(name, "full", other if wrong else best, 5, scores, DistanceRecord(0.0, 0.0))
    results.predict(name, "xnnpack", best, 5, scores, far)
    results.predict(name, "float32", best if number % 7 else other, 5, scores, far)


def _measure(
    results: Results,
    via: str,
    rounds: int,
    limit_ms: float | None,
    simulated: bool,
    shift_us: int,
    chance: random.Random,
) -> None:
    since = results.position()
    for number in range(rounds):
        send, wait = (shift_us + int(chance.gauss(mean, 200)) for mean in (6_000, 9_000))
        stages = {"load": 970, "invoke": 50_000, "send": send, "wait": wait}
        stages["total"] = sum(stages.values())
        stages |= {"transfer": send + wait - 5_000, "edge": 5_000, "edge_invoke": 4_800}
        best = ((7, "dog 7", 0.5), (2, "dog 2", 0.2))
        results.inferences.append(
            InferenceRecord(
                *(f"photo_{number % 14:04}.jpg", via, number + 1, simulated, True, 6400),
                *(stages, {"infer": 12_000}, best, WireRecord(27, 1, 6_500), "edge", MODEL),
            )
        )
        for size in (32, 6400):
            us = shift_us + size + int(chance.gauss(3_000, 50))
            results.round_trips.append(
                RoundTripRecord(via, size, us, None, simulated, None, "edge", MODEL)
            )
    link = next(each for key, each in results.measured().by_link().items() if key[0] == via)
    budget = LinkBudget(f"budgets.toml [latency.x.{via}]")
    if limit_ms is not None:
        limit = StageLimit(p50=int(limit_ms * 1000), p95=int(limit_ms * 1000))
        stages_judged = ("load", "invoke", "send", "wait", "transfer", "total", "rtt_small")
        budget = LinkBudget(
            f"budgets.toml [latency.x.{via}]", dict.fromkeys(stages_judged, limit), loss=0.0
        )
    nodeid = f"t.py::test_link[{via}]"
    results.note_span(nodeid, since)
    board = "virtual" if simulated else "esp32s3"
    verdicts = judge(link.samples(), budget, board, via)
    results.verdicts += [(nodeid, each) for each in verdicts]
