# SPDX-License-Identifier: MIT
"""labgrid's own pytest plugin beside that of hil: it is left out where boards of hil are asked for.

pytest-embedded is a double here, with its fixture ``target`` and one of its that every test has.
"""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

EMBEDDED = """
import pytest

@pytest.fixture
def target():
    return "esp32s3"

@pytest.fixture(autouse=True)
def session_of_embedded(target):
    pass
"""

TESTS = """
import pytest

def test_target(target):
    assert target == "esp32s3"

@pytest.mark.hil
def test_plain():
    pass
"""


@pytest.fixture(autouse=True)
def both_plugins(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load what is installed, as users have it, and the double before labgrid's takes its place."""
    if not any(each.name == "hil" for each in entry_points(group="pytest11")):
        pytest.skip("this package is not installed, so that its plugin does not load by itself")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    monkeypatch.delenv("PYTEST_PLUGINS", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p embedded_double -p no:faulthandler")
    pytester.makepyfile(embedded_double=EMBEDDED, test_it=TESTS)


TINY = f"--hil-model={Path(__file__).parents[3] / 'models' / 'tiny'}"
LEFT_OUT = "hil: labgrid's own pytest plugin is left out; -p labgrid keeps it"


@pytest.mark.parametrize(
    ("options", "passed"),
    [("--hil-board=virtual", 2), ("-mhil and not slow", 1)],
)
def test_it_is_left_out_where_boards_of_hil_are_asked_for(
    pytester: pytest.Pytester, options: str, passed: int
) -> None:
    result = pytester.runpytest_subprocess(TINY, options)
    result.assert_outcomes(passed=passed, deselected=2 - passed)
    result.stdout.fnmatch_lines([LEFT_OUT])


@pytest.mark.parametrize("variable", ["HIL_BOARD", "hil_board"])
def test_a_board_that_environment_or_ini_file_names_is_asked_for_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    if variable.isupper():
        monkeypatch.setenv(variable, "virtual")
    else:
        pytester.makeini(f"[pytest]\n{variable} = virtual\n")
    result = pytester.runpytest_subprocess("--collect-only")
    result.stdout.fnmatch_lines([LEFT_OUT])


def test_without_boards_of_hil_it_does_as_it_always_does(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_target(target): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(skipped=1)
    result.stdout.no_fnmatch_line("hil:*")


def test_who_asks_for_it_has_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    (pytester.path / "env.yaml").write_text("targets:\n  main:\n    resources: {}\n")
    pytester.makepyfile(test_it="def test_env(env): assert env.get_target()")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:faulthandler")
    result = pytester.runpytest_subprocess("--hil-board=virtual", "--lg-env=env.yaml")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("hil: labgrid*")


def test_where_it_takes_part_beside_tests_of_boards_it_is_said(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_board(board): pass")
    result = pytester.runpytest_subprocess("--collect-only")
    result.stdout.fnmatch_lines(["hil: labgrid's own * takes part, *; -p no:labgrid leaves it out"])
    result = pytester.runpytest_subprocess("--collect-only", "-p", "no:labgrid")
    result.stdout.no_fnmatch_line("hil: labgrid*")
