# SPDX-License-Identifier: MIT
"""Latency budgets are understood completely or refused with one sentence."""

import re
import tomllib

import pytest

from hil.budgets import Budgets, LinkBudget, Section, StageLimit
from hil.budgets.demand import Demand
from hil.errors import BadInputError

UDP = "[latency.virtual.udp]\n"


def parse(text: str) -> Budgets:
    return Budgets.parse(tomllib.loads(text), "there/budgets.toml", "budgets.toml")


def test_limits_are_milliseconds_by_board_link_and_stage() -> None:
    budgets = parse(
        '[latency]\nmarginal = "5%"\n'
        "[latency.virtual.udp]\nloss = 0.01\ngoodput = 900\ntransfer = { p50 = 4, p95 = 8.5 }\n"
        "[latency.virtual.udp.rtt_small]\nmax = 2\n"
        "[latency.esp32s3.ble]\nmarginal = 0.2\ntotal.p99 = 100\n"
    )
    assert budgets.link(Section("virtual"), "udp") == LinkBudget(
        "budgets.toml [latency.virtual.udp]",
        {"transfer": StageLimit(p50=4_000, p95=8_500), "rtt_small": StageLimit(max=2_000)},
        goodput=900_000,
        loss=0.01,
        marginal=0.05,
    )
    assert budgets.link(Section("esp32s3"), "ble").marginal == 0.2


def test_a_link_that_the_file_does_not_name_has_no_limits() -> None:
    budget = parse("").link(Section("virtual"), "ble")
    assert (budget.stages, budget.loss, budget.goodput) == ({}, None, None)
    assert budget.source == "budgets.toml [latency.virtual.ble]"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[latency.vitrual.udp]\nloss = 0", "[latency] has a budget for 'vitrual', which does not"),
        ("[latency.virtual.zigbee]\nloss = 0", "[latency.virtual] has a budget for 'zigbee'"),
        (UDP + "transfr = { p50 = 1 }", "[latency.virtual.udp] has a budget for 'transfr'"),
        (UDP + "transfer = { p90 = 1 }", "[latency.virtual.udp.transfer] has a budget for 'p90'"),
        (UDP + "transfer = {}", "[latency.virtual.udp.transfer] has no limit"),
        (UDP + "transfer = 3", "transfer = 3; it must be a table"),
        (UDP + "transfer = { p95 = -1 }", "p95 = -1; give milliseconds above 0"),
        (UDP + "transfer = { p95 = 0 }", "p95 = 0; give milliseconds above 0"),
        (UDP + "transfer = { p95 = nan }", "p95 = nan; give milliseconds above 0"),
        (UDP + "transfer = { p95 = inf }", "p95 = inf; give milliseconds above 0"),
        (UDP + 'transfer = { p95 = "8" }', "p95 = '8'; give milliseconds above 0"),
        (UDP + "transfer = { p95 = true }", "p95 = True; give milliseconds above 0"),
        (UDP + "transfer = { p50 = 9, p95 = 8 }", "p95 = 8, which is below its p50"),
        (UDP + "transfer = { p50 = 1, p99 = 9, max = 8 }", "max = 8, which is below its p99"),
        (UDP + "loss = 1.5", "loss = 1.5; give a share"),
        (UDP + 'loss = "many%"', "loss = 'many%'; give a share"),
        (UDP + "goodput = 0", "goodput = 0; give kilobytes per second above 0"),
        (UDP + "marginal = -0.1", "marginal = -0.1; give a share"),
        (UDP, "[latency.virtual.udp] has no limit; give some"),
        ("[latency]\nvirtual = 3", "virtual = 3; it must be a table"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(sentence)) as caught:
        parse(text)
    assert str(caught.value).startswith("there/budgets.toml: ")
    assert "\n" not in str(caught.value)


def test_a_marker_without_limits_asks_for_those_of_the_file() -> None:
    assert Demand.parse((), {}, "t") == Demand((), None, None)
    demand = Demand.parse(("transfer", "total"), {"via": "udp"}, "t")
    assert demand == Demand(("transfer", "total"), "udp", None)


def test_a_marker_may_have_limits_of_its_own() -> None:
    demand = Demand.parse(("transfer",), {"p95_ms": 12, "loss": 0.1, "marginal": "20%"}, "t")
    assert demand.stages == ("transfer", "loss")
    assert demand.budget == LinkBudget(
        "the test's own limit", {"transfer": StageLimit(p95=12_000)}, loss=0.1, marginal=0.2
    )


@pytest.mark.parametrize(
    ("args", "kwargs", "sentence"),
    [
        (("transfr",), {}, "names 'transfr', which is no stage"),
        ((3,), {}, "names 3, which is no stage"),
        (("transfer",), {"via": "zigbee"}, "names 'zigbee', which is no link"),
        (("transfer",), {"p90_ms": 1}, "'p90_ms', which does not exist"),
        (("transfer",), {"p95_ms": -1}, "p95_ms = -1; give milliseconds above 0"),
        (("transfer",), {"p50_ms": 3, "max_ms": 2}, "max_ms = 2, which is below its p50_ms"),
        ((), {"p95_ms": 1}, "has limits of time and no stage"),
        (("transfer",), {"loss": 0.1}, "has limits, and none of transfer"),
        (("transfer", "loss"), {"p95_ms": 1}, "has limits, and none of loss"),
        (("transfer",), {"goodput": -1, "p95_ms": 1}, "goodput = -1; give kilobytes"),
    ],
)
def test_a_marker_that_makes_no_sense_is_refused(
    args: tuple[object, ...], kwargs: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadInputError, match=re.escape(sentence)) as caught:
        Demand.parse(args, kwargs, "t.py::test_it")
    assert str(caught.value).startswith("t.py::test_it: latency_budget ")
