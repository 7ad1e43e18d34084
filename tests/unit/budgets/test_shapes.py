# SPDX-License-Identifier: MIT
"""Budgets of links that a file shapes: a name of their own, and limits that chance cannot break."""

import tomllib

import pytest

from hil.budgets.file import Budgets
from hil.budgets.latency import LinkBudget
from hil.budgets.learning import Learning
from hil.budgets.section import Section, model_name, shape_name
from hil.budgets.verdict import Samples
from hil.budgets.writing import write_limits
from hil.errors import BadInputError
from hil.results.measured import section_of

LOSSY = {"udp": {"loss": 0.05}}


def test_a_file_is_named_by_its_stem_and_by_what_it_says():
    name = shape_name("My lossy.air", LOSSY)
    assert name.startswith("my-lossy-air-")
    assert shape_name("My lossy.air", {"udp": {"loss": 0.06}}) != name
    assert len(shape_name("...", LOSSY)) == 8


@pytest.mark.parametrize("stem", ["lossy", "7", "Ünïcode air", "a-over-b", "..."])
def test_a_section_of_a_shaped_link_is_read_again(stem):
    section = section_of("esp32s3", "peer", True, shape=shape_name(stem, LOSSY))
    budgets = learned(section)
    assert budgets.section(section, "udp") == str(section)
    assert budgets.link(section, "udp").stages["send"].p50 == 1200
    assert not budgets.section(Section("virtual-peer"), "udp")
    assert Section.parse(str(section)) == section


@pytest.mark.parametrize("stem", ["lossy", "a-over-b", "of-c"])
@pytest.mark.parametrize("name", ["dogs19", "x-over-y", "Ünï code", "-of-", "m" * 200, ""])
def test_limits_learned_with_one_model_never_judge_another(name, stem):
    shape = shape_name(stem, LOSSY)
    for shaped in ("", shape):
        section = Section("virtual", model_name(name, "block_6;\x1b", "85a23f83"), shaped)
        budgets = learned(section)
        assert Section.parse(str(section)) == section
        renamed = Section("virtual", model_name("other", "", "85a23f83"), shaped)
        assert budgets.link(renamed, "udp").stages["send"].p50 == 1200
        for other in (
            Section("virtual", model_name(name, "block_6;\x1b", "85a23f84"), shaped),
            Section("virtual", "", shaped),
            Section("virtual", section.model, "" if shaped else shape),
            Section("esp32s3", section.model, shaped),
        ):
            assert not budgets.section(other, "udp")
            assert not budgets.link(other, "udp").stages


def test_limits_for_any_model_judge_one_that_has_none_of_its_own():
    own, other = (Section("virtual", f"m-0000000{n}") for n in (1, 2))
    tree = {
        "latency": {
            "virtual": {"udp": {"loss": 0.5}, "tcp": {"loss": 0.4}},
            str(own): {"udp": {"loss": 0.1}},
        }
    }
    budgets = Budgets.parse(tree, "budgets.toml")
    assert (budgets.link(own, "udp").loss, budgets.link(own, "tcp").loss) == (0.1, 0.4)
    assert budgets.link(other, "udp").loss == 0.5


def learned(section: Section) -> Budgets:
    limits = Learning(margin=0.2).learn(Samples({"send": [1000] * 60}), BEFORE)
    text, _ = write_limits("", str(section), "udp", limits)
    return Budgets.parse(tomllib.loads(text), "budgets.toml")


BEFORE = LinkBudget("nowhere")


@pytest.mark.parametrize(
    "kind", ["virtual-over-", "virtual-over-x", "esp32-over-a-12345678", "virtual-of-dogs19"]
)
def test_what_is_no_kind_of_board_is_refused_as_ever(kind):
    tree = {"latency": {kind: {"udp": {"loss": 0.0}}}}
    with pytest.raises(BadInputError, match="does not exist"):
        Budgets.parse(tree, "budgets.toml")


def test_a_link_without_a_file_and_a_verdict_keep_the_boards_name():
    assert str(Section("virtual")) == "virtual"
    assert Section("virtual", "m-12345678", "air-12345678").board == "virtual-over-air-12345678"
