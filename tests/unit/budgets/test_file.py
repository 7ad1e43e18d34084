# SPDX-License-Identifier: MIT
"""The budget file is understood completely or refused with one sentence."""

import re
from pathlib import Path

import pytest

from hil.budgets import Budgets
from hil.budgets.section import model_name
from hil.errors import BadInputError
from hil.links import LINKS
from hil.model.model import Model

ROOT = Path(__file__).parents[3]


def test_the_projects_own_budgets_are_sound() -> None:
    budgets = Budgets.load(ROOT / "budgets.toml")
    assert set(budgets.activation_steps) == {"esp-nn"}


def test_the_projects_own_limits_are_those_of_its_model_and_default_cut() -> None:
    budgets, model = Budgets.load(ROOT / "budgets.toml"), Model.load(ROOT / "models" / "dogs19")
    split = model.split()
    name = model_name(model.name, split.cut.short_name, f"{split.model_id:08x}")
    for kind in ("virtual", "virtual-peer"):
        assert set(budgets.latency[f"{kind}-of-{name}"]) == set(LINKS)


def test_agreement_is_sent_to_the_manifest(tmp_path: Path) -> None:
    path = tmp_path / "budgets.toml"
    path.write_text("[agreement.float32]\ntop1 = 0.5\ntop5 = 1\n")
    with pytest.raises(BadInputError, match=r"belong to a model: .* into its manifest\.json"):
        Budgets.load(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[latncy.virtual.tcp]\nloss = 0", "'latncy', which does not exist"),
        ("[activation_steps]\ncmsis = 1", "'cmsis', which does not exist"),
        ("[activation_steps]\nesp-nn = -1", "esp-nn = -1; give steps >= 0"),
        ("[activation_steps", "is not valid TOML"),
    ],
)
def test_a_budget_nobody_can_judge_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "budgets.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=re.escape(sentence)):
        Budgets.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        Budgets.load(tmp_path / "budgets.toml")
