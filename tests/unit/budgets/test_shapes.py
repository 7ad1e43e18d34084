# SPDX-License-Identifier: MIT
"""Budgets of links that a file shapes: a name of their own, and limits that chance cannot break."""

import random

import pytest

from hil.budgets.file import Budgets
from hil.budgets.latency import LinkBudget, StageLimit, kind_over, shape_name
from hil.budgets.learning import learn
from hil.budgets.verdict import Samples
from hil.budgets.writing import write_limits
from hil.errors import BadInputError
from hil.results.measured import board_kind

LOSSY = {"udp": {"loss": 0.05}}


def test_a_file_is_named_by_its_stem_and_by_what_it_says():
    name = shape_name("My lossy.air", LOSSY)
    assert name.startswith("my-lossy-air-")
    assert shape_name("My lossy.air", {"udp": {"loss": 0.06}}) != name
    assert len(shape_name("...", LOSSY)) == 8


@pytest.mark.parametrize("stem", ["lossy", "7", "Ünïcode air", "a-over-b", "..."])
def test_a_section_of_a_shaped_link_is_read_again(stem):
    kind = board_kind("esp32s3", "peer", True, shape_name(stem, LOSSY))
    text, _ = write_limits("", kind, "udp", learn(Samples({"send": [1000] * 20}), 0.2, BEFORE))
    import tomllib

    budgets = Budgets.parse(tomllib.loads(text), "budgets.toml")
    assert budgets.knows(kind, "udp")
    assert budgets.link(kind, "udp").stages["send"].p50 == 1200
    assert not budgets.knows("virtual-peer", "udp")


BEFORE = LinkBudget("nowhere")


@pytest.mark.parametrize("kind", ["virtual-over-", "virtual-over-x", "esp32-over-a-12345678"])
def test_what_is_no_kind_of_board_is_refused_as_ever(kind):
    tree = {"latency": {kind: {"udp": {"loss": 0.0}}}}
    with pytest.raises(BadInputError, match="does not exist"):
        Budgets.parse(tree, "budgets.toml")


def test_a_link_without_a_file_keeps_its_name():
    assert kind_over("virtual", "") == "virtual"


def test_of_a_link_with_chance_the_median_is_learned_and_what_was_there():
    chance = random.Random(1)
    times = [1000 + (50_000 if chance.random() < 0.1 else 0) for _ in range(20)]
    samples = Samples({"wait": times, "send": times}, asked=100, lost=4)
    before = LinkBudget("somewhere", {"send": StageLimit(p95=60_000)})
    learned = learn(samples, 0.2, before, chance=True)
    assert set(learned.stages["wait"]) == {"p50"}
    assert set(learned.stages["send"]) == {"p50", "p95"}
    assert 0.1 < learned.loss < 0.12  # 0.048 and three times 0.0196
    assert learn(Samples({}, asked=100), 0.2, before, chance=True).loss == 0.0
