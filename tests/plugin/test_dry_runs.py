# SPDX-License-Identifier: MIT
"""Sessions that test nothing on a board leave the results of the last one alone."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}",)
KEPT = "what the last run has found"


@pytest.fixture
def kept(pytester: pytest.Pytester) -> Path:
    """The results of an earlier run."""
    path = pytester.path / "hil-report" / "results.json"
    path.parent.mkdir()
    path.write_text(KEPT)
    return path


@pytest.mark.parametrize(
    "option", ["--setup-plan", "--collect-only", "--fixtures", "--fixtures-per-test"]
)
def test_a_dry_run_touches_no_result(pytester: pytest.Pytester, kept: Path, option: str) -> None:
    pytester.makepyfile("def test_it(board):\n    pass\n")
    assert pytester.runpytest_subprocess(*OPTIONS, option).ret == 0
    assert kept.read_text() == KEPT
    assert [each.name for each in kept.parent.iterdir()] == ["results.json"]


def test_setting_up_alone_is_no_test(pytester: pytest.Pytester, kept: Path) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.hil\ndef test_it(model):\n    pass\n")
    assert pytester.runpytest_subprocess(*OPTIONS, "--setup-only").ret == 0
    assert kept.read_text() == KEPT


def test_a_run_without_a_test_that_needs_a_board_touches_none(
    pytester: pytest.Pytester, kept: Path
) -> None:
    pytester.makepyfile("def test_it(model, photos, hil_settings):\n    pass\n")
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 0
    assert kept.read_text() == KEPT


def test_a_run_removes_what_killed_ones_have_left(pytester: pytest.Pytester, kept: Path) -> None:
    for name in ("results-gw0.json", "results.json.4711.part", "results-gw1.json.4712.part"):
        (kept.parent / name).write_text("a part")
    pytester.makepyfile("import pytest\n@pytest.mark.hil\ndef test_it():\n    pass\n")
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 0
    assert sorted(each.name for each in kept.parent.iterdir()) == ["index.html", "results.json"]
