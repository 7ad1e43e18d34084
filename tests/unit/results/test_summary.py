# SPDX-License-Identifier: MIT
"""Laws of the figures in the results."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hil.budgets.spread import percentile, spread
from hil.results import InferenceRecord, LostRecord, PhotoRecord, RoundTripRecord, WireRecord
from hil.results.measured import Measured, latency
from hil.results.summary import accuracy, agreement

VALUES = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)


def inference(via: str, transfer: int, *, simulated: bool = True, **more: Any) -> InferenceRecord:
    stages = {"total": transfer + 5, "transfer": transfer}
    return InferenceRecord("a", via, 1, simulated, True, 6400, stages, {}, (), **more)


def summarize(*records: InferenceRecord) -> list[dict[str, Any]]:
    return latency(Measured(records, (), ()))


@given(VALUES, st.floats(0.01, 1.0))
def test_a_percentile_is_a_value_that_its_share_does_not_exceed(
    values: list[int], share: float
) -> None:
    result = percentile(values, share)
    assert result in values
    assert sum(value <= result for value in values) >= share * len(values)
    assert sum(value < result for value in values) < share * len(values)


@given(st.lists(st.integers(0, 10**9), max_size=120))
def test_a_percentile_is_withheld_without_a_value_beyond_it(values: list[int]) -> None:
    result = spread(values)
    assert (result["p95"] is None) == (len(values) < 20)
    assert (result["p99"] is None) == (len(values) < 100)
    assert (result["max"] is None) == (not values)


@given(VALUES)
def test_a_spread_is_ordered(values: list[int]) -> None:
    result = spread(values)
    assert result["n"] == len(values)
    known = [result[name] for name in ("p50", "p95", "p99", "max") if result[name] is not None]
    assert known == sorted(known)  # type: ignore[type-var]
    assert known[-1] == max(values)


def test_latency_keeps_links_clocks_and_tails_apart() -> None:
    found = summarize(
        inference("udp", 100),
        inference("tcp", 100),
        inference("tcp", 300),
        inference("tcp", 7, simulated=False),
        inference("tcp", 8, tail="peer"),
    )
    assert [(row["via"], row["tail"], row["simulated"]) for row in found] == [
        ("tcp", "edge", False),
        ("tcp", "edge", True),
        ("tcp", "peer", True),
        ("udp", "edge", True),
    ]
    none = {"p95": None, "p99": None, "lost": 0, "effective": 2}
    unknown = {"p95": [None, None], "p99": [None, None]}
    assert found[1]["stages_us"] == {
        "transfer": {
            **{"n": 2, "p50": 100, "max": 300, **none},
            "intervals": {"p50": [100, 100], "max": [300, 300], **unknown},
        },
        "total": {
            **{"n": 2, "p50": 105, "max": 305, **none},
            "intervals": {"p50": [105, 105], "max": [305, 305], **unknown},
        },
    }


def test_goodput_is_payload_over_transfer_time() -> None:
    (row,) = summarize(inference("tcp", 3200))
    assert row["goodput_bytes_per_s"] == 2_000_000


def test_goodput_is_unknown_without_transfer_time() -> None:
    (row,) = summarize(inference("tcp", 0))
    assert row["goodput_bytes_per_s"] is None


def test_what_the_wire_carried_is_added_up_where_the_board_tells() -> None:
    wire = WireRecord(5, 1, 6500)
    (row,) = summarize(inference("udp", 9, wire=wire), inference("udp", 9, wire=wire))
    assert row["wire"] == {"payload_bytes": 12_800, "bytes": 13_000, "frames": 10, "resent": 2}
    (row,) = summarize(inference("udp", 9))
    assert row["wire"] is None


def test_lost_messages_are_counted_by_what_was_asked() -> None:
    lost = LostRecord("a", "udp", "edge_timeout", True)
    echoes = [
        RoundTripRecord("udp", 32, 900, None, True),
        RoundTripRecord("udp", 32, None, "edge_timeout", True),
        RoundTripRecord("udp", 6400, None, "edge_timeout", True),
        RoundTripRecord("udp", 77, 5, None, True),
    ]
    (row,) = latency(Measured([inference("udp", 9)], [lost], echoes, 6400))
    assert (row["asked"], row["lost"]) == (6, 3)
    stages: Any = row["stages_us"]
    assert {name: (stages[name]["n"], stages[name]["lost"]) for name in stages} == {
        "transfer": (1, 1),
        "total": (1, 1),
        "rtt_small": (1, 1),
        "rtt_activation": (0, 1),
    }


def test_a_link_on_which_everything_was_lost_has_every_stage_and_no_figure() -> None:
    lost = LostRecord("a", "udp", "edge_timeout", True)
    ((_, link),) = Measured((), [lost], ()).by_link().items()
    samples = link.samples()
    assert (samples.asked, samples.lost) == (1, 1)
    assert samples.times_us["transfer"] == []


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
    assert accuracy(photos) == {
        "board": {"n": 2, "top1": 0.5, "top5": 1.0},
        "float32": {"n": 1, "top1": 0.0, "top5": 1.0},
    }
