# SPDX-License-Identifier: MIT
"""What verdicts say of how sure they are."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.budgets import LinkBudget, Samples, StageLimit, Verdict, judge
from hil.budgets.certainty import Certainty, certain, parse_level, percent
from hil.errors import BadInputError

SOURCE = "budgets.toml [latency.esp32s3.udp]"
SURE = Certainty(sequential=True)


def verdict(
    stage: str,
    samples: Samples,
    *,
    certainty: Certainty | None = None,
    chance: bool = True,
    **limits: Any,
) -> Verdict:
    budget = LinkBudget(SOURCE, **limits)
    how = {"certainty": certainty, "chance": chance}
    (found,) = judge(samples, budget, "esp32s3", "udp", [stage], **how)  # type: ignore[arg-type]
    return found


def total(times: list[int], certainty: Certainty | None = None, **limits: int) -> Verdict:
    stages = {"total": StageLimit(**limits)}
    return verdict("total", Samples({"total": times}), certainty=certainty, stages=stages)


@given(st.lists(st.integers(1, 10**6), min_size=20, max_size=150), st.integers(1, 10**6))
def test_what_is_certain_is_what_the_interval_says_of_the_limit(
    times: list[int], limit: int
) -> None:
    for certainty in (Certainty(), SURE):
        for check in total(times, certainty, p50=limit, p95=limit).checks:
            assert check.certain == certain(check.interval, limit)


def test_without_a_confidence_the_outcome_is_that_of_the_figures() -> None:
    found = total([1_000] * 20, p95=2_000)
    assert found.outcome == "pass"
    assert [each.certain for each in found.checks] == ["undecided"]


def test_a_stage_with_one_undecided_limit_is_undecided_and_says_why() -> None:
    times = [1_000 + number % 9 for number in range(100)]
    times[::20] = [3_000] * 5
    found = total(times, SURE, p50=2_000, p95=2_000)
    assert [each.outcome for each in found.checks] == ["pass", "undecided"]
    assert found.outcome == "undecided"
    (sentence,) = found.sentences
    assert sentence.startswith(
        "udp total p95 1.008 ms leaves undecided whether it keeps its budget of 2.000 ms over 100 "
        "rounds, at least 1.00"
    )


def test_of_rounds_that_depend_on_each_other_is_said_what_they_count_as() -> None:
    dice = random.Random(4)
    times = [1_000 + 300 * (number // 10 % 2) + dice.randrange(300) for number in range(200)]
    found = total(times, SURE, p50=1_300)
    assert found.outcome == "undecided"
    assert found.effective is not None
    assert found.effective < 100
    assert found.sentences[1] == (
        "udp total is undecided for long because its rounds depend on each other: 200 of them "
        f"count as {found.effective}"
    )


def test_a_limit_that_is_surely_broken_outweighs_what_is_undecided() -> None:
    found = total([1_000 + number % 9 for number in range(65)], SURE, p50=900, p95=2_000)
    assert found.outcome == "fail"


def test_limits_of_one_verdict_share_the_probability_of_failing_wrongly() -> None:
    times = random.Random(1).sample(range(1_000, 9_000), 100)
    alone, shared = (
        next(each for each in total(times, **limits).checks if each.statistic == "p95")
        for limits in ({"p95": 9_000}, {"p50": 9_000, "p95": 9_000, "p99": 9_000})
    )
    assert shared.interval[0] < alone.interval[0]  # type: ignore[operator]
    assert shared.interval[1] == alone.interval[1]


@pytest.mark.parametrize(("limit", "outcome"), [(1_099, "fail"), (1_300, "pass")])
def test_a_maximum_is_what_it_is(limit: int, outcome: str) -> None:
    found = total([1_000] * 80 + [1_100], SURE, max=limit)
    (check,) = found.checks
    assert (found.outcome, check.certain) == (outcome, outcome)
    assert check.interval == (1_100, None)


@pytest.mark.parametrize(
    ("lost", "limit", "outcome"),
    [
        (0, 0.0, "pass"),
        (1, 0.0, "fail"),
        (0, 0.2, "pass"),
        (60, 0.2, "fail"),
        (15, 0.2, "undecided"),
    ],
)
def test_loss_is_sure_or_undecided_and_no_loss_is_held_to_what_was(
    lost: int, limit: float, outcome: str
) -> None:
    found = verdict("loss", Samples({}, asked=100, lost=lost), certainty=SURE, loss=limit)
    assert found.outcome == outcome


@pytest.mark.parametrize(("least", "outcome"), [(700, "pass"), (990, "marginal"), (1_200, "fail")])
def test_goodput_is_bounded_from_below(least: int, outcome: str) -> None:
    rates = [1_000 + number % 5 for number in range(80)]
    found = verdict("goodput", Samples({}, rates), certainty=SURE, goodput=least)
    assert found.outcome == outcome
    (check,) = found.checks
    low, high = check.interval
    assert low is not None
    assert high is not None
    assert low <= check.value <= high


@pytest.mark.parametrize("stage", ["total", "goodput", "loss"])
def test_where_chance_plays_no_part_a_figure_is_its_own_bounds(stage: str) -> None:
    samples = Samples({"total": [1_000, 3_000] * 10}, [5, 7], asked=10, lost=1)
    limits = {"stages": {"total": StageLimit(p95=9_000)}, "goodput": 1, "loss": 0.5}
    found = verdict(stage, samples, certainty=SURE, chance=False, **limits)
    (check,) = found.checks
    assert check.interval == (check.value, check.value)
    assert (found.outcome, check.certain) == ("pass", "pass")


@pytest.mark.parametrize(
    ("limits", "rounds", "named"),
    [
        ({"stages": {"total": StageLimit(p95=9)}}, 79, "p95"),
        ({"stages": {"total": StageLimit(p50=9)}}, 60, "p50"),
        ({"stages": {"total": StageLimit(p95=9, p99=9)}}, 403, "p99"),
        ({"loss": 0.01}, 377, "loss of 0.01"),
    ],
)
def test_a_confidence_out_of_the_rounds_reach_is_refused(
    limits: dict[str, Any], rounds: int, named: str
) -> None:
    budget = LinkBudget(SOURCE, **limits)
    Certainty(sequential=True, max_rounds=rounds).check_reach(budget)
    Certainty(max_rounds=1).check_reach(budget)
    with pytest.raises(BadInputError, match=f"To show {named} of .* takes {rounds} rounds") as told:
        Certainty(sequential=True, max_rounds=rounds - 1).check_reach(budget)
    assert "with 95 % confidence" in str(told.value)


def test_a_confidence_is_a_share_or_a_percentage() -> None:
    assert parse_level("95%", "x") == parse_level("0.95", "x") == 0.95
    assert percent(0.95) == "95 %"
    assert percent(0.999) == "99.9 %"
    for text in ("50%", "1", "95", "-1", "nan", "inf%", "", "%"):
        with pytest.raises(BadInputError, match=r"x is '.*'; give more than 50%"):
            parse_level(text, "x")
