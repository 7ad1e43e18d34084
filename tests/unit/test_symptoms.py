# SPDX-License-Identifier: MIT
"""The symptoms, and the guide that their messages refer to."""

import ast
import re
from pathlib import Path

import pytest

from hil.symptoms import GUIDE, SYMPTOMS, Misbehaviour, expect

ROOT = Path(__file__).parents[2]


def test_a_misbehaviour_names_link_stage_expected_got_cause_and_guide():
    with pytest.raises(Misbehaviour) as caught:
        expect(False, "altered-activation", link="udp", stage="transfer", expected=1, got=2)
    cause = SYMPTOMS["altered-activation"]
    assert str(caught.value) == (
        f"udp, transfer: expected 1, got 2; usually {cause} (docs/failures.md#altered-activation)."
    )


def test_a_long_value_is_told_without_its_middle():
    with pytest.raises(Misbehaviour) as caught:
        expect(False, "wrong-timer", stage="polls", expected=1, got=["40.0"] * 1000)
    assert len(str(caught.value)) < 900
    assert " [...] " in str(caught.value)
    assert len(caught.value.got) == 1000


def test_what_holds_raises_nothing():
    expect(True, "altered-activation", stage="transfer", expected=1, got=1)


def test_the_guide_has_an_entry_for_each_symptom_and_no_other():
    text = (ROOT / GUIDE).read_text(encoding="utf-8")
    assert sorted(re.findall(r"^## (\S+)$", text, re.MULTILINE)) == sorted(SYMPTOMS)


def test_every_symptom_is_used():
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "hil").rglob("*.py")
        if path.name != "symptoms.py"
    )
    assert [name for name in SYMPTOMS if f'"{name}"' not in sources] == []


def test_the_suite_asserts_nothing_bare():
    """A failure is to name its symptom; ``assert x is not None`` is for the type checker."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "hil" / "suite").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert)
        and not re.fullmatch(r"\S+ is not None", ast.unparse(node.test))
    ]
    assert found == []
