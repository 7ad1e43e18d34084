# SPDX-License-Identifier: MIT
"""Learned budgets hold for what they were learned from, and leave the rest of the file alone."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.budgets import Budgets, LinkBudget, Samples, Section, StageLimit, judge
from hil.budgets.learning import Learned, learn
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
)
def test_what_was_measured_keeps_the_budget_learned_from_it(
    times: dict[str, list[int]], rates: list[int], lost: int, margin: float
) -> None:
    samples = Samples(times, rates, asked=60, lost=lost)
    text, _ = write_limits("", "virtual", "udp", learn(samples, margin, BEFORE))
    budget = Budgets.parse(tomllib.loads(text), "budgets.toml").link(Section("virtual"), "udp")
    verdicts = judge(samples, budget, "virtual", "udp", (*times, "goodput", "loss"))
    assert {each.outcome for each in verdicts} <= {"pass", "marginal"}


def test_limits_are_figures_with_the_margin_in_round_numbers() -> None:
    samples = Samples({"transfer": [9_812] * 20, "load": [1_000]}, [800_000], 20, 1)
    assert learn(samples, 0.2, BEFORE) == Learned(
        {"transfer": {"p50": 11.8, "p95": 11.8, "max": 11.8}, "load": {"p50": 1.2, "max": 1.2}},
        loss=0.06,
        goodput=666,
    )


def test_p99_is_learned_only_where_it_had_a_limit_for_it_takes_a_hundred_rounds_to_judge() -> None:
    samples = Samples({"load": [5] * 100, "total": [5] * 100}, asked=100)
    before = LinkBudget("somewhere", {"load": StageLimit(p99=9)})
    stages = learn(samples, 0.1, before).stages
    assert list(stages["load"]) == ["p50", "p95", "p99", "max"]
    assert list(stages["total"]) == ["p50", "p95", "max"]


def test_goodput_gets_no_limit_where_it_had_none() -> None:
    samples = Samples({"transfer": [1]}, [5_000], 1)
    assert learn(samples, 0.1, LinkBudget("nowhere")).goodput is None


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
