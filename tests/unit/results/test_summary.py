# SPDX-License-Identifier: MIT
"""Laws of the figures in the results."""

from hypothesis import given
from hypothesis import strategies as st

from hil.results import InferenceRecord, PhotoRecord
from hil.results.measured import Measured, latency
from hil.results.summary import accuracy, agreement
from hil.spread import percentile, spread

VALUES = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)


def inference(via: str, transfer: int, *, simulated: bool = True) -> InferenceRecord:
    stages = {"total": transfer + 5, "transfer": transfer}
    return InferenceRecord("a", via, 1, simulated, True, 6400, stages, {}, ())


@given(VALUES, st.floats(0.01, 1.0))
def test_a_percentile_is_a_value_that_its_share_does_not_exceed(
    values: list[int], share: float
) -> None:
    result = percentile(values, share)
    assert result in values
    assert sum(value <= result for value in values) >= share * len(values)
    assert sum(value < result for value in values) < share * len(values)


@given(VALUES)
def test_p95_is_withheld_below_twenty_values(values: list[int]) -> None:
    assert (spread(values)["p95"] is None) == (len(values) < 20)


@given(VALUES)
def test_a_spread_is_ordered(values: list[int]) -> None:
    result = spread(values)
    assert result["n"] == len(values)
    assert min(values) <= result["p50"] <= (result["p95"] or result["max"]) <= result["max"]


def test_latency_keeps_links_and_clocks_apart() -> None:
    found = latency(
        [inference("tcp", 100), inference("tcp", 300), inference("tcp", 7, simulated=False)]
    )
    assert [(row["via"], row["simulated"]) for row in found] == [("tcp", False), ("tcp", True)]
    assert found[1]["stages_us"] == {
        "total": {"n": 2, "p50": 105, "p95": None, "max": 305},
        "transfer": {"n": 2, "p50": 100, "p95": None, "max": 300},
    }


def test_goodput_is_payload_over_transfer_time() -> None:
    (row,) = latency([inference("tcp", 3200)])
    assert row["goodput_bytes_per_s"] == 2_000_000


def test_goodput_is_unknown_without_transfer_time() -> None:
    (row,) = latency([inference("tcp", 0)])
    assert row["goodput_bytes_per_s"] is None


def test_agreement_counts_only_photos_that_both_predicted() -> None:
    photos = [
        PhotoRecord("a", top5={"board": (1, 2, 3, 4, 5), "xnnpack": (1, 2, 3, 4, 6)}),
        PhotoRecord("b", top5={"board": (1, 2, 3, 4, 5), "xnnpack": (2, 1, 3, 4, 5)}),
        PhotoRecord("c", top5={"xnnpack": (1,)}),
        PhotoRecord("d", top5={"board": (1,)}),
    ]
    found = agreement(photos)["xnnpack"]
    assert (found.count, found.top1, found.top5) == (2, 0.5, 0.9)


def test_accuracy_counts_only_labelled_photos() -> None:
    photos = [
        PhotoRecord("a", label="cat", label_id=1, top5={"board": (1, 2), "float32": (2, 1)}),
        PhotoRecord("b", label="dog", label_id=2, top5={"board": (1, 2)}),
        PhotoRecord("c", label="car", top5={"board": (1, 2)}),
    ]
    assert accuracy(photos) == {"board": {"n": 2, "top1": 0.5}, "float32": {"n": 1, "top1": 0.0}}
