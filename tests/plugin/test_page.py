# SPDX-License-Identifier: MIT
"""Every run leaves a page, and tells GitHub and JUnit's readers what they show."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hil.report import GENERATOR, is_report

ROOT = Path(__file__).parents[2]
TINY = f"--hil-model={ROOT / 'models' / 'tiny'}"

PASSING = """
import pytest

@pytest.mark.hil
def test_it():
    pass
"""

FAILING = """
def test_it(board, photos):
    assert board.infer(photos[0]).top5_ids == (1, 2, 3)
"""

CRASHING = """
def test_crash(board):
    board.console.request("crash")
    board.refresh()
"""


def test_a_run_leaves_a_page_and_says_where(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSING)
    result = pytester.runpytest_subprocess()
    result.stdout.fnmatch_lines(
        ["results * hil-report/results.json", "page * hil-report/index.html"]
    )
    assert is_report(pytester.path / "hil-report" / "index.html")


def test_it_goes_where_the_option_says(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSING)
    result = pytester.runpytest_subprocess("--hil-report=site/pages")
    result.stdout.fnmatch_lines(["page * site/pages/index.html"])
    assert is_report(pytester.path / "site" / "pages" / "index.html")
    assert not (pytester.path / "hil-report" / "index.html").exists()


def test_somebody_elses_page_is_refused_before_the_first_test(pytester: pytest.Pytester) -> None:
    (pytester.path / "site").mkdir()
    (pytester.path / "site" / "index.html").write_text("mine")
    pytester.makepyfile(PASSING)
    result = pytester.runpytest_subprocess("--hil-report=site")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*index.html is not a report of hil*name another directory*"])
    assert (pytester.path / "site" / "index.html").read_text() == "mine"


def test_a_run_that_is_killed_leaves_no_page_of_an_earlier_one(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSING)
    pytester.runpytest_subprocess()
    pytester.makepyfile(PASSING.replace("pass", "import os; os._exit(9)"))
    assert pytester.runpytest_subprocess().ret == 9
    assert not (pytester.path / "hil-report" / "index.html").exists()


def test_several_workers_have_one_page(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,xdist.plugin")
    pytester.makepyfile(test_a=PASSING, test_b=PASSING)
    stale = pytester.path / "hil-report" / "index-gw0.html"  # by a version that made several
    stale.parent.mkdir()
    stale.write_text(f'<meta name="generator" content="{GENERATOR}">')
    result = pytester.runpytest_subprocess("-n", "2", "--dist", "loadfile")
    assert result.ret == 0
    pages = [path.name for path in (pytester.path / "hil-report").glob("*.html")]
    assert pages == ["index.html"]
    result.stdout.fnmatch_lines(["page * hil-report/index.html"])


def test_a_page_that_cannot_be_written_is_told_and_counts(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSING.replace("pass", "open('site', 'w').close()"))
    result = pytester.runpytest_subprocess("--hil-report=site/pages")
    assert result.ret == 10
    result.stdout.fnmatch_lines(["error *site*"])
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    assert document["run"]["exit_status"] == 10


def test_a_failed_test_has_its_place_log_and_scores_in_the_results(
    pytester: pytest.Pytester,
) -> None:
    path = pytester.makepyfile(FAILING)
    pytester.runpytest_subprocess(TINY, "--junit-xml=junit.xml")
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    (error,) = document["errors"]
    assert (error["file"], error["line"]) == (path.name, 2)
    assert any("infer" in row[4] for row in error["serial_log"])
    (name, file), *_ = document["photo_files"].items()
    assert (pytester.path / "hil-report" / file).resolve() == ROOT / "photos" / name
    (photo,) = document["photos"]
    assert len(photo["scores"]["board"]) == 5
    assert len(document["labels"][document["model"]["model_id"]]) == document["model"]["classes"]
    (case,) = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    said = case.findtext("system-out", "")
    assert said.startswith("Serial log: last ")
    assert "infer" in said
    page = (pytester.path / "hil-report" / "index.html").read_text()
    assert "<img src=" not in page  # nobody else has predicted
    assert f"{path.name}:2" in page


def test_a_crash_has_its_decoded_backtrace_in_results_and_page(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(CRASHING)
    build = ROOT / "firmware" / "virtual" / "prebuilt-test"
    result = pytester.runpytest_subprocess(TINY, f"--hil-firmware={build}")
    assert result.ret == 1
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    notes = [note for each in document["errors"] for note in each["notes"]]
    assert any(note.startswith("Backtrace") for note in notes)
    page = (pytester.path / "hil-report" / "index.html").read_text()
    assert "Backtrace" in page
    assert 'class="fault"' in page


def test_on_github_failures_are_annotated_and_the_run_is_summed_up(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    path = pytester.makepyfile(PASSING.replace("pass", "assert 1 == 2"))
    result = pytester.runpytest_subprocess()
    result.stdout.fnmatch_lines([f"::error file={path.name},line=5,title=*::assert 1 == 2"])
    summary = (pytester.path / "summary.md").read_text()
    assert summary.startswith("## ❌ hil: Failed")
    assert "assert 1 == 2" in summary


def test_without_a_file_for_the_summary_the_run_ends_as_it_would(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "none" / "summary.md"))
    pytester.makepyfile(PASSING)
    result = pytester.runpytest_subprocess()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["hil: no job summary, for * cannot be written (No such file*)"])


def test_elsewhere_no_workflow_command_is_printed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSING.replace("pass", "assert False"))
    pytester.runpytest_subprocess().stdout.no_fnmatch_line("::*")


def test_history_is_that_of_the_boards_own_storage(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,pytest_benchmark.plugin")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # else it would measure nothing
    pytester.makepyfile(
        """
        def test_it(board, photos, benchmark):
            benchmark.pedantic(lambda: board.infer(photos[0]), rounds=2)
            figures = {"p50": 1000, "p95": None, "max": 2000}
            benchmark.extra_info.update(via="tcp", total_us=figures)
        """
    )
    for count in (1, 2):
        assert pytester.runpytest_subprocess(TINY, "--benchmark-autosave").ret == 0
        document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
        assert [run["total_us"]["tcp"]["p50"] for run in document["history"]["runs"]] == (
            [1000] * count
        )
    assert pytester.runpytest_subprocess(TINY, "--benchmark-storage=file://elsewhere").ret == 0
    document = json.loads((pytester.path / "hil-report" / "results.json").read_text())
    assert "--benchmark-autosave" in document["history"]["missing"]
