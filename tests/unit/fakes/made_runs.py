# SPDX-License-Identifier: MIT
"""Runs that nobody has made, of the records that a real one leaves."""

import random
from pathlib import Path

from hil.budgets import LinkBudget, StageLimit, judge
from hil.model.accuracy import AgreementLimit, AgreementLimits
from hil.results import (
    BoardRecord,
    CutRecord,
    DistanceRecord,
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

PHOTOS = Path(__file__).parents[3] / "photos"
LINKS = ("tcp", "udp", "espnow", "ble")
CLASSES = 19
MODEL = "00c0ffee"


def make_run(
    directory: Path,
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
    """Make a run of some photos, and some rounds over some links.

    Args:
        directory: where its results would be.
        photos: how many; every seventh disagrees with the float model.
        rounds: over each link.
        links: that are measured.
        failing: name of a photo that the split gets wrong.
        limit_ms: of each stage; None for no budget.
        simulated: whether the clock is.
        shift_us: is added to send, wait and round trips.
        seed: of all chance.
    """
    chance = random.Random(seed)
    limits = AgreementLimits(10, AgreementLimit(0.9, 0.9), AgreementLimit(0.5, 0.5))
    results = Results(limits=limits, directory=directory)
    _describe(results, simulated)
    paths = sorted(PHOTOS.glob("*.jpg"))
    for number in range(photos):
        name = failing if failing and number == 0 else f"photo_{number:04}.jpg"
        path = paths[number % len(paths)]
        _photo(results, name, path, number, wrong=name == failing, chance=chance)
    for via in links:
        _measure(results, via, rounds, limit_ms, simulated, shift_us, chance)
    results.tests.append(TestRecord("t.py::test_photos", "passed", None, 1.5, None))
    results.exit_status = 0
    return results


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
