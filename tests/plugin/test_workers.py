# SPDX-License-Identifier: MIT
"""Under pytest-xdist the results of the worker that had the board end where they always do."""

import json
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]

TWO_FILES = {
    "test_board": """
        def test_infers(board, photos):
            assert board.infer(photos[0]).transport_exact
    """,
    "test_other": """
        def test_without_a_board():
            pass
    """,
}


def test_the_controller_writes_and_shows_what_a_worker_has_found(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    pytester.makepyfile(**TWO_FILES)
    result = pytester.runpytest_subprocess(
        *("-n", "2", "--dist", "loadfile", "--junit-xml=junit.xml"),
        f"--hil-model={ROOT / 'models' / 'tiny'}",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["exact * transport 1/1*", "results * hil-report/results.json"])
    reports = sorted(path.name for path in (pytester.path / "hil-report").glob("*.json"))
    assert reports == ["results.json"]
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    assert document["run"]["outcome"] == "passed"
    assert len(document["inferences"]) == 1
    suite = ElementTree.parse(pytester.path / "junit.xml")
    assert "hil.board.mac" in {each.get("name") for each in suite.iter("property")}


def test_a_worker_hands_over_names_that_are_no_utf8(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    odd = os.fsdecode(b"c\xfct.jpg")
    (pytester.path / "photos").mkdir()
    shutil.copy(ROOT / "photos" / "cat_chelsea.jpg", pytester.path / "photos" / odd)
    pytester.makepyfile(TWO_FILES["test_board"])
    result = pytester.runpytest_subprocess(
        "-n1", "--hil-photos=photos", f"--hil-model={ROOT / 'models' / 'tiny'}"
    )
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*crashed worker*")
    document = json.loads((pytester.path / "hil-report" / "results.json").read_bytes())
    assert [each["name"] for each in document["photos"]] == [odd]
