# SPDX-License-Identifier: MIT
"""Under pytest-xdist the results of all workers end where they always do."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from hil.results import Results, TestRecord, write_document

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "results.schema.json").read_text())

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


def test_without_a_board_stopping_at_the_first_error_is_the_rigs_affair(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    stale = pytester.path / "hil-report" / "results.json"
    stale.parent.mkdir()
    stale.write_text("an earlier run's")
    pytester.makepyfile("def test_a(board): pass\ndef test_b(board): pass\n")
    boards = ("--hil-board=/dev/ttyACM8", "--hil-board=/dev/ttyACM9")
    result = pytester.runpytest_subprocess(
        *("-n", "2", "-x", *boards), f"--hil-model={ROOT / 'models' / 'tiny'}"
    )
    assert result.ret == 10
    for path in stale.parent.glob("*.json"):
        assert json.loads(path.read_text())["run"]["outcome"] == "infrastructure"


TWO_BOARDS = {
    "test_one": """
        def test_infers(board, photos):
            assert board.infer(photos[0]).transport_exact
    """,
    "test_two": """
        def test_infers(board, photos):
            assert board.infer(photos[0]).transport_exact
            assert board.infer(photos[1]).transport_exact
    """,
}


def test_results_of_two_boards_are_one_document_one_page_and_one_table(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    pytester.makepyfile(**TWO_BOARDS)
    result = pytester.runpytest_subprocess(
        *("-n", "2", "--dist", "loadfile", "--junit-xml=junit.xml"),
        f"--hil-model={ROOT / 'models' / 'tiny'}",
    )
    result.assert_outcomes(passed=2)
    files = sorted(path.name for path in (pytester.path / "hil-report").iterdir())
    assert files == ["index.html", "logs", "results.json"]
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert [each["name"] for each in document["boards"]] == ["virtual-1", "virtual-2"]
    assert {each["nodeid"]: each["board"] for each in document["tests"]} == {
        f"{file}.py::test_infers": board
        for file, board in zip(TWO_BOARDS, _boards_of(document), strict=True)
    }
    assert len(document["inferences"]) == len(document["photos"]) == 3
    assert document["history"]["missing"].startswith("No earlier run")  # known only at the end
    result.stdout.fnmatch_lines(["exact * transport 3/3*", "results * hil-report/results.json"])
    table = result.stdout.str().partition(" hil =")[2]
    assert table.count("results  ") == 1
    names = [each.get("name") for each in ElementTree.parse("junit.xml").iter("property")]
    assert names.count("hil.board.mac") == 1


def _boards_of(document: Any) -> list[str]:
    """Return which board has inferred once, and which twice."""
    counts = Counter(each["board"] for each in document["inferences"])
    return sorted(counts, key=counts.__getitem__)


KILLED = """
import os, signal
import pytest
pytestmark = [pytest.mark.hil]
def test_fine(hil_results):
    hil_results.notes.append("a note")
def test_dies():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_worker_had_got_to_is_kept_and_it_leaves_no_file(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    pytester.makepyfile(KILLED)
    result = pytester.runpytest_subprocess(
        *("-n", "1", "--max-worker-restart=0"), f"--hil-model={ROOT / 'models' / 'tiny'}"
    )
    assert result.ret == 1
    page, report = sorted((pytester.path / "hil-report").iterdir())
    assert page.name == "index.html"
    assert report.name == "results.json"
    document = json.loads(report.read_text())
    assert document["run"]["outcome"] == "failed"
    assert [test["outcome"] for test in document["tests"]] == ["passed"]


def test_what_a_worker_and_the_one_that_replaced_it_have_found_is_one_document(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    pytester.makepyfile(KILLED + "def test_later(): pass\n")
    result = pytester.runpytest_subprocess("-n1", f"--hil-model={ROOT / 'models' / 'tiny'}")
    result.assert_outcomes(passed=2, failed=1)
    (report,) = (pytester.path / "hil-report").glob("*.json")
    document = json.loads(report.read_text())
    told = [test["nodeid"].rpartition("::")[2] for test in document["tests"]]
    assert told == ["test_fine", "test_later"]
    assert document["boards"] == []
    result.stdout.no_fnmatch_line("boards *")


def test_what_an_earlier_session_has_left_is_not_taken_for_a_workers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    old = Results()
    old.tests.append(TestRecord("t.py::test_of_yesterday", "passed", None, 0.1, None))
    directory = pytester.mkdir("hil-report")
    write_document(old.document(), directory / "results-gw0.json")
    pytester.makepyfile("def test_without_a_board(): pass\n")
    result = pytester.runpytest_subprocess("-n", "1")
    result.assert_outcomes(passed=1)
    assert not list(directory.glob("results.json"))
    result.stdout.no_fnmatch_line("results *")


ENDED = """
import os, signal, time
import pytest
pytestmark = [pytest.mark.hil]
def test_fine():
    pass
def test_ends_the_session():
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(60)
"""


def test_a_signal_to_the_controller_ends_the_workers_in_order(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    pytester.makepyfile(ENDED)
    result = pytester.runpytest_subprocess("-n", "1", f"--hil-model={ROOT / 'models' / 'tiny'}")
    assert result.ret == 143
    page, report = sorted((pytester.path / "hil-report").iterdir())
    assert page.name == "index.html"
    document = json.loads(report.read_text())
    assert (report.name, document["run"]["outcome"]) == ("results.json", "interrupted")
    assert [test["outcome"] for test in document["tests"]] == ["passed"]
