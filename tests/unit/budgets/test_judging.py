# SPDX-License-Identifier: MIT
"""Laws of judging samples by a budget."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.budgets import LinkBudget, Samples, StageLimit, Verdict, judge

SOURCE = "budgets.toml [latency.virtual.udp]"


def verdict(stage: str, samples: Samples, **limits: Any) -> Verdict:
    (found,) = judge(samples, LinkBudget(SOURCE, **limits), "virtual", "udp", [stage])
    return found


def transfer(times: list[int], limit: StageLimit) -> Verdict:
    samples = Samples({"transfer": times}, asked=len(times))
    return verdict("transfer", samples, stages={"transfer": limit})


@given(
    st.lists(st.integers(1, 10**6), min_size=20, max_size=60),
    st.integers(1, 10**6),
    st.sampled_from(["p50", "p95", "max"]),
)
def test_a_stage_fails_exactly_if_its_statistic_exceeds_its_limit(
    times: list[int], limit: int, name: str
) -> None:
    found = transfer(times, StageLimit(**{name: limit}))
    assert (found.outcome == "fail") == (found.figures[name] > limit)  # type: ignore[operator]
    assert bool(found.sentences) == (found.outcome != "pass")


@pytest.mark.parametrize(
    ("time", "outcome"), [(900, "pass"), (901, "marginal"), (1_000, "marginal"), (1_001, "fail")]
)
def test_the_last_tenth_below_a_limit_is_marginal(time: int, outcome: str) -> None:
    assert transfer([time], StageLimit(max=1_000)).outcome == outcome


def test_a_failure_names_link_stage_value_limit_and_rounds() -> None:
    found = transfer([9_812] * 20, StageLimit(p95=8_000))
    assert found.sentences == (
        "udp transfer p95 9.812 ms exceeds its budget of 8.000 ms over 20 rounds, "
        "at least 9.812 ms at 95 % confidence "
        "(board virtual, simulated; budgets.toml [latency.virtual.udp.transfer])",
    )


@pytest.mark.parametrize(("name", "rounds"), [("p50", 1), ("p95", 20), ("p99", 100), ("max", 1)])
def test_a_statistic_with_too_few_rounds_is_refused(name: str, rounds: int) -> None:
    limit = StageLimit(**{name: 10})
    found = transfer([1] * (rounds - 1), limit)
    assert found.outcome == "refused"
    (sentence,) = found.sentences
    assert f"{name} needs {rounds} rounds with an answer, and there were {rounds - 1}" in sentence
    assert transfer([1] * rounds, limit).outcome == "pass"


def test_a_broken_limit_outweighs_one_that_cannot_be_judged() -> None:
    found = transfer([2_000], StageLimit(p50=1_000, p95=1_500))
    assert found.outcome == "fail"
    assert "p50 2.000 ms exceeds" in found.sentences[0]
    assert "p95 needs 20 rounds" in found.sentences[1]


def test_what_is_refused_is_told_before_what_is_nearly_broken() -> None:
    first, second = transfer([1_000], StageLimit(p50=1_050, p95=1_060)).sentences
    assert "p95 needs 20 rounds" in first
    assert "p50 1.000 ms is close to" in second


def test_of_broken_limits_the_one_that_is_exceeded_most_is_told_first() -> None:
    found = transfer([1_000] * 19 + [5_000], StageLimit(p50=999, max=2_000))
    assert [each.split()[2] for each in found.sentences] == ["max", "p50"]


def test_a_broken_limit_is_told_before_one_that_is_nearly_broken() -> None:
    first, second = transfer([1_000] * 20, StageLimit(p50=1_050, max=999)).sentences
    assert "max 1.000 ms exceeds" in first
    assert "p50 1.000 ms is close to" in second


@given(st.integers(1, 200), st.integers(0, 200), st.floats(0, 1))
def test_loss_is_judged_over_everything_asked(asked: int, lost: int, limit: float) -> None:
    lost = min(lost, asked)
    found = verdict("loss", Samples({}, asked=asked, lost=lost), loss=limit)
    assert (found.outcome == "fail") == (lost / asked > limit)


def test_no_loss_within_a_budget_of_none_is_not_marginal() -> None:
    assert verdict("loss", Samples({}, asked=5), loss=0.0).outcome == "pass"


@pytest.mark.parametrize(
    ("rate", "outcome"),
    [(1_100_000, "pass"), (1_099_999, "marginal"), (1_000_000, "marginal"), (900_000, "fail")],
)
def test_goodput_has_a_lower_limit(rate: int, outcome: str) -> None:
    found = verdict("goodput", Samples({}, [rate], 1), goodput=1_000_000)
    assert found.outcome == outcome
    if outcome == "fail":
        (sentence,) = found.sentences
        assert "goodput 900.0 kB/s is below its budget of 1,000.0 kB/s over 1 round, " in sentence


def test_what_has_no_budget_is_said_to_have_none() -> None:
    found = judge(Samples({"transfer": [1]}, asked=1), LinkBudget(SOURCE), "virtual", "udp")
    assert [(each.stage, each.outcome) for each in found] == [
        ("transfer", "no_budget"),
        ("loss", "no_budget"),
    ]
    assert found[0].sentences == (
        "udp transfer has no budget (board virtual, simulated; "
        "there is no budgets.toml [latency.virtual.udp.transfer])",
    )
    assert "there is no budgets.toml [latency.virtual.udp] loss" in found[1].sentences[0]


def test_a_stage_that_was_never_answered_is_not_passed_over() -> None:
    budget = LinkBudget(SOURCE, {"transfer": StageLimit(p50=1)})
    found = judge(Samples({"transfer": []}, asked=3, lost=3), budget, "virtual", "udp")
    assert [each.outcome for each in found] == ["refused", "no_budget"]


def test_a_budget_for_what_a_test_did_not_measure_is_left_alone() -> None:
    budget = LinkBudget(SOURCE, {"transfer": StageLimit(p50=9), "rtt_small": StageLimit(p50=9)})
    found = judge(Samples({"rtt_small": [1]}, asked=1), budget, "virtual", "udp")
    assert [(each.stage, each.outcome) for each in found] == [
        ("rtt_small", "pass"),
        ("loss", "no_budget"),
    ]
