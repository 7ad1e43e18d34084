# SPDX-License-Identifier: MIT
"""Learned budgets hold for what they were learned from, and leave the rest of the file alone."""

import random
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.budgets import Budgets, LinkBudget, Samples, Section, StageLimit, judge
from hil.budgets.learning import Learned, Learning
from hil.budgets.writing import Change, write_limits

BEFORE = LinkBudget("budgets.toml [latency.virtual.udp]", goodput=1.0)
TIMES = st.lists(st.integers(0, 10**8), min_size=1, max_size=120)
RATES = st.lists(st.integers(1, 10**8), min_size=1, max_size=120)

FILE = """\
# The budgets of this rig.
[latency]
marginal = "10%"  # OpenHTF's idea

# Wi-Fi.
[latency.virtual.tcp]
loss = 0.0  # TCP loses nothing
transfer = { p50 = 1.0, p99 = 2.0 }  # measured in May

[latency.virtual.tcp.total]
p95 = 30.0  # hurry

# How far kernels may be off.
[activation_steps]
esp-nn = 4
"""

LEARNED = Learned({"transfer": {"p50": 1.5, "max": 3.0}, "load": {"p50": 0.1}}, 0.01)


@given(
    st.dictionaries(st.sampled_from(["transfer", "rtt_small", "total"]), TIMES, min_size=1),
    RATES,
    st.integers(0, 50),
    st.floats(0, 1),
    st.booleans(),
)
def test_what_was_measured_keeps_the_budget_learned_from_it(
    times: dict[str, list[int]], rates: list[int], lost: int, margin: float, chance: bool
) -> None:
    samples = Samples(times, rates, asked=60, lost=lost)
    text, _ = write_limits(
        "", "virtual", "udp", Learning(margin=margin, chance=chance).learn(samples, BEFORE)
    )
    budget = Budgets.parse(tomllib.loads(text), "budgets.toml").link(Section("virtual"), "udp")
    verdicts = judge(samples, budget, "virtual", "udp", (*times, "goodput", "loss"))
    told = {each.outcome for each in verdicts if each.outcome != "no_budget"}
    assert told <= {"pass", "marginal"}
    # Of rates so far apart that no bound is above 0 there is none to be learned.
    assert {each.stage for each in verdicts if each.outcome == "no_budget"} <= {"goodput"}


def test_limits_of_figures_that_repeat_exactly_are_these_with_the_margin() -> None:
    samples = Samples({"transfer": [9_812] * 20, "load": [1_000]}, [800_000], 20, 1)
    assert Learning(margin=0.2, chance=False).learn(samples, BEFORE) == Learned(
        {"transfer": {"p50": 11.8, "p95": 11.8, "max": 11.8}, "load": {"p50": 1.2, "max": 1.2}},
        loss=0.06,
        goodput=666,
    )


def test_a_limit_is_a_bound_of_all_rounds_not_the_percentile_of_those_measured() -> None:
    times = random.Random(1).sample(range(1_000, 11_000), 100)
    samples = Samples({"transfer": times}, asked=100)
    limits = Learning(margin=0.0).learn(samples, LinkBudget("nowhere")).stages["transfer"]
    assert list(limits) == ["p50", "p95"]  # of a maximum there is no such bound
    for name, rank in (("p50", 58), ("p95", 98)):  # Conover, Practical Nonparametric Statistics
        assert limits[name] * 1000 == pytest.approx(sorted(times)[rank], rel=0.01)


def test_limits_learned_of_some_rounds_are_kept_by_nearly_all_boards() -> None:
    dice, kept = random.Random(2), 0
    for _ in range(200):
        times = [dice.randrange(1, 10_000_000) for _ in range(59)]
        samples = Samples({"transfer": times}, asked=59)
        limits = Learning(margin=0.0).learn(samples, LinkBudget("nowhere")).stages["transfer"]
        kept += limits["p95"] * 1000 >= 9_500_000
    assert kept >= 0.93 * 200


def test_the_margin_is_the_band_of_marginal_so_that_nothing_learned_is_shown_as_that() -> None:
    samples = Samples({"transfer": [9_812] * 60}, asked=60)
    before = LinkBudget("budgets.toml [latency.virtual.udp]", marginal=0.1)
    learned = Learning().learn(samples, before)
    assert learned.stages["transfer"] == {"p50": 11.0, "p95": 11.0}
    budget = replace(before, stages={"transfer": StageLimit(p50=11_000, p95=11_000)})
    (verdict,) = judge(samples, budget, "esp32s3", "udp", ["transfer"])
    assert verdict.outcome == "pass"


def test_as_many_rounds_are_needed_as_the_limits_take() -> None:
    none, p99 = LinkBudget("nowhere"), LinkBudget("here", {"load": StageLimit(p99=9)})
    assert Learning().rounds(none) == 59
    assert Learning(0.99).rounds(none) == 90
    assert Learning().rounds(p99) == 299
    assert Learning(chance=False).rounds(none) == 20
    assert Learning(chance=False).rounds(p99) == 100


def test_rounds_that_depend_on_each_other_get_a_wide_limit_and_are_named() -> None:
    times = [10_000 + 500 * (number // 15) for number in range(60)]
    samples = Samples({"transfer": times}, asked=60)
    learning = Learning(margin=0.0)
    assert learning.learn(samples, LinkBudget("nowhere")).stages["transfer"]["p95"] == 13.0
    assert learning.dependent(samples).keys() == {"transfer"}
    assert Learning(chance=False).dependent(samples) == {}


def test_loss_gets_a_bound_where_messages_may_be_lost_and_else_none_may() -> None:
    whole, some = Samples({}, asked=59), Samples({}, asked=100, lost=7)
    none = LinkBudget("nowhere")
    assert Learning(margin=0.0).learn(whole, none).loss == 0
    assert Learning(margin=0.0, loses=True).learn(whole, none).loss == pytest.approx(0.0496, 0.01)
    assert Learning(margin=0.0).learn(some, none).loss == pytest.approx(0.128, 0.01)


def test_p99_is_learned_only_where_it_had_a_limit_for_it_takes_hundreds_of_rounds() -> None:
    samples = Samples({"load": [5] * 299, "total": [5] * 299}, asked=299)
    before = LinkBudget("somewhere", {"load": StageLimit(p99=9, max=9)})
    stages = Learning(margin=0.1).learn(samples, before).stages
    assert list(stages["load"]) == ["p50", "p95", "p99", "max"]
    assert list(stages["total"]) == ["p50", "p95"]


def test_goodput_gets_no_limit_where_it_had_none() -> None:
    samples = Samples({"transfer": [1]}, [5_000], 1)
    assert Learning().learn(samples, LinkBudget("nowhere")).goodput is None


def test_limits_change_in_place_and_all_else_stays() -> None:
    text, changes = write_limits(FILE, "virtual", "tcp", LEARNED)
    assert text == FILE.replace(
        "loss = 0.0  # TCP loses nothing\ntransfer = { p50 = 1.0, p99 = 2.0 }  # measured in May\n",
        "loss = 0.01  # TCP loses nothing\n"
        "transfer = { p50 = 1.5, max = 3 }  # measured in May\n"
        "load = { p50 = 0.1 }\n",
    )
    assert changes == [
        Change("transfer", "p50", 1.0, 1.5),
        Change("transfer", "p99", 2.0, None),
        Change("transfer", "max", None, 3.0),
        Change("load", "p50", None, 0.1),
        Change("loss", "", 0.0, 0.01),
    ]


def test_a_stage_with_a_section_of_its_own_keeps_it() -> None:
    text, _ = write_limits(FILE, "virtual", "tcp", Learned({"total": {"p95": 25.0, "max": 40.0}}))
    assert "[latency.virtual.tcp.total]\np95 = 25  # hurry\nmax = 40\n" in text
    assert text.count("total") == 1


def test_a_new_link_stands_behind_the_others_and_before_the_comment_on_what_follows() -> None:
    text, _ = write_limits(FILE, "esp32s3", "udp", LEARNED)
    head, _, tail = FILE.partition("# How far")
    assert text.startswith(head)
    assert text.endswith("\n\n# How far" + tail)
    assert "[latency.esp32s3.udp]\ntransfer = { p50 = 1.5, max = 3 }\n" in text


@pytest.mark.parametrize("text", ["", "[latency]\n", "[activation_steps]\nesp-nn = 1\n", FILE])
@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_writing_twice_is_writing_once(text: str, via: str) -> None:
    once, _ = write_limits(text, "virtual", via, LEARNED)
    again, changes = write_limits(once, "virtual", via, LEARNED)
    assert again == once
    assert all(each.before == each.after for each in changes)
    Budgets.parse(tomllib.loads(once), "budgets.toml")
