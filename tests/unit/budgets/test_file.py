# SPDX-License-Identifier: MIT
"""The budget file is understood completely or refused with one sentence."""

import re
from pathlib import Path

import pytest

from hil.budgets import AgreementLimit, Budgets
from hil.errors import BadInputError

ROOT = Path(__file__).parents[3]


def test_the_projects_own_budgets_are_sound() -> None:
    budgets = Budgets.load(ROOT / "budgets.toml")
    assert budgets.min_photos == 100
    assert set(budgets.agreement) == {"xnnpack", "float32"}
    assert set(budgets.activation_steps) == {"esp-nn"}


def test_agreement_limits_are_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "budgets.toml"
    path.write_text("[agreement]\nmin_photos = 5\n[agreement.float32]\ntop1 = 0.5\ntop5 = 1\n")
    assert Budgets.load(path) == Budgets(5, {"float32": AgreementLimit(0.5, 1.0)})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[agreement.xnpack]\ntop1 = 1\ntop5 = 1", "'xnpack', which does not exist"),
        ("[latncy.virtual.tcp]\nloss = 0", "'latncy', which does not exist"),
        ("[agreement.xnnpack]\ntop1 = 1", "lacks the limit top5"),
        ("[agreement.xnnpack]\ntop1 = -0.1\ntop5 = 1", "top1 = -0.1; give a share"),
        ("[agreement.xnnpack]\ntop1 = true\ntop5 = 1", "top1 = True; give a share"),
        ("[agreement.xnnpack]\ntop1 = 1\ntop5 = 1\ntop9 = 1", "'top9', which does not exist"),
        ("[agreement]\nxnnpack = 3", "xnnpack = 3; it must be a table"),
        ("[agreement]\nmin_photos = 0", "min_photos = 0"),
        ("[activation_steps]\ncmsis = 1", "'cmsis', which does not exist"),
        ("[activation_steps]\nesp-nn = -1", "esp-nn = -1; give steps >= 0"),
        ("[agreement", "is not valid TOML"),
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
