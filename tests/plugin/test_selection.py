# SPDX-License-Identifier: MIT
"""Which tests are hil tests, and that all others are left alone."""

import ast
from pathlib import Path

import pytest

HEAVY = "{'numpy', 'esptool', 'tflite_runtime', 'ai_edge_litert', 'rich', 'click', 'PIL', 'serial'}"


def test_a_test_with_the_board_is_marked_by_itself(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import pytest\n"
        "def test_plain():\n    pass\n"
        "def test_with_board(board):\n    pass\n"
        "def test_with_edge(edge):\n    pass\n"
        "@pytest.mark.hil\ndef test_marked():\n    pass\n"
    )
    result = pytester.runpytest("-m", "hil", "--collect-only", "-q", "--strict-markers")
    result.stdout.fnmatch_lines(["*::test_with_board", "*::test_with_edge", "*::test_marked"])
    result.stdout.no_fnmatch_line("*::test_plain")


def test_a_test_with_a_link_has_a_turn_for_each_and_links_change_rarely(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("def test_a(link):\n    pass\ndef test_b(link):\n    pass\n")
    result = pytester.runpytest("--collect-only", "-q", "--hil-via=udp,ble")
    result.stdout.fnmatch_lines(
        ["*::test_a?udp]", "*::test_b?udp]", "*::test_a?ble]", "*::test_b?ble]"], consecutive=True
    )


def test_a_link_of_ones_own_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import pytest\n"
        "@pytest.fixture\ndef link():\n    return 'chain'\n"
        "def test_it(link):\n    assert link == 'chain'\n"
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_a_fixture_of_the_same_name_belongs_to_its_project(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import pytest\n"
        "@pytest.fixture\ndef board():\n    return 'chess'\n"
        "def test_it(board, request):\n"
        "    assert board == 'chess'\n"
        "    assert request.node.get_closest_marker('hil') is None\n"
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_a_session_without_hil_tests_shows_and_writes_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it():\n    pass\n")
    result = pytester.runpytest()
    result.stdout.no_fnmatch_line("hil: *")
    result.stdout.no_fnmatch_line("*= hil =*")
    assert not (pytester.path / "hil-report").exists()


def test_a_session_without_hil_tests_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"import sys\ndef test_it():\n    assert not {HEAVY} & set(sys.modules)\n")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_tests_on_a_board_are_in_the_directory_that_a_run_of_them_reads():
    root = Path(__file__).parents[2]
    marked = {
        path.relative_to(root).parts[:2]
        for directory in ("hil", "tests")
        for path in (root / directory).rglob("test_*.py")
        if "pytestmark = pytest.mark.hil" in map(ast.unparse, _statements(path))
    }
    assert marked == {("hil", "suite")}


def _statements(path: Path) -> list[ast.stmt]:
    """Return those of a file, and not of the sources that its strings hold."""
    return ast.parse(path.read_text(encoding="utf-8")).body
