# SPDX-License-Identifier: MIT
"""A run that has seen one of everything."""

import pytest

from hil.budgets import Budgets, LinkBudget, StageLimit, judge
from hil.model.accuracy import AgreementLimit, AgreementLimits
from hil.results import (
    BoardRecord,
    CutRecord,
    ErrorRecord,
    FirmwareRecord,
    FlashRecord,
    InferenceRecord,
    JudgementRecord,
    LostRecord,
    ModelRecord,
    RegionRecord,
    Results,
    RoundTripRecord,
    TestRecord,
    WireRecord,
)


@pytest.fixture
def results() -> Results:
    results = Results(Budgets(), AgreementLimits(1, AgreementLimit(0.9, 0.9)))
    results.board = BoardRecord(
        *("virtual", "rfc2217://127.0.0.1:1", "02:00:00:00:00:01", "esp32s3", True),
        *("reference", "poweron"),
    )
    results.firmware = FirmwareRecord("0.1.0", "0123456789abcdef", False)
    results.model = ModelRecord("dogs19", "00c0ffee", 19)
    results.cut = CutRecord("block_6_project", "a/long/name", 6400)
    app, model = RegionRecord("app", 0x10000, 200_000), RegionRecord("model", 0x400000, 400_000)
    results.flash.append(FlashRecord((app, model), (RegionRecord("bootloader", 0, 900),), 3.21))
    stages = {"load": 10, "invoke": 900, "send": 60, "wait": 2_000, "total": 2_970}
    for number in range(20):
        results.inferences.append(
            InferenceRecord(
                "dog.jpg",
                "tcp",
                number + 1,
                True,
                True,
                6400,
                {**stages, "transfer": 1_000 + number},
                {"infer": 12_000},
                ((7, "labrador", 120.0), (2, "poodle", -3.0)),
                WireRecord(1, 0, 6_428),
            )
        )
        results.round_trips.append(RoundTripRecord("tcp", 32, 500 + number, None, True))
    results.round_trips.append(RoundTripRecord("tcp", 32, None, "edge_timeout", True))
    results.lost.append(LostRecord("dog.jpg", "udp", "edge_timeout", True))
    limits = {"transfer": StageLimit(p95=1_018), "total": StageLimit(p50=9_000)}
    budget = LinkBudget("budgets.toml [latency.virtual.tcp]", limits, loss=0.5)
    samples = next(iter(results.measured().by_link().values())).samples()
    for verdict in judge(samples, budget, "virtual", "tcp", chance=False):
        results.verdicts.append(("t.py::test_a", verdict))
    results.photo("dog.jpg", "labrador", 7)
    for name in ("transport", "composition", "kernel", "full"):
        verdict = JudgementRecord(True, True, "all 19 elements are identical")
        results.judge("dog.jpg", name, verdict)
    for name in ("board", "full", "xnnpack"):
        results.predict("dog.jpg", name, (7, 2, 3, 4, 5))
    results.errors.append(
        ErrorRecord("t.py::test_a", "call", "product", "BoardPanic", "The board panicked.")
    )
    results.tests.append(TestRecord("t.py::test_a", "failed", "product", 0.5, "logs/t.log"))
    results.exit_status = 1
    return results
