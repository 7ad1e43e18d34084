# SPDX-License-Identifier: MIT
"""Tests that another plugin runs again."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}", "--junit-xml=junit.xml")
SCHEMA = json.loads((ROOT / "docs" / "results.schema.json").read_text())

AGAIN = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for attempt in range(3):
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        again = attempt < 2 and any(report.failed for report in reports)
        for report in reports:
            if again and report.failed:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not again:
            return True

def pytest_report_teststatus(report):
    if report.outcome == "rerun":
        return "rerun", "R", "RERUN"
"""
FLAKY = """
import pytest
from hil.errors import BoardPanic, PortBusyError
pytestmark = [pytest.mark.hil]
runs = []

def test_once(hil_settings):
    runs.append(1)
    if len(runs) < 3:
        raise {error}

def test_fine():
    pass
"""
PRODUCT = "BoardPanic('The board panicked.')"
INFRASTRUCTURE = "PortBusyError('The port is busy.')"


def run(pytester: pytest.Pytester, error: str, *options: str) -> pytest.RunResult:
    pytester.makeconftest(AGAIN)
    pytester.makepyfile(FLAKY.format(error=error))
    return pytester.runpytest_subprocess(*OPTIONS, *options)


def results(pytester: pytest.Pytester) -> dict[str, Any]:
    text = (pytester.path / "hil-report" / "results.json").read_text()
    document: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def attempts(pytester: pytest.Pytester) -> list[ElementTree.Element]:
    """Return what JUnit's file says of ``test_once``: one case for each attempt."""
    cases = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    return [case for case in cases if case.get("name") == "test_once"]


def test_a_test_that_fails_and_then_passes_is_unstable_everywhere(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, PRODUCT)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["unstable * 1 test has failed and then passed, *--hil-unstable=fail*::test_once (product)"]
    )
    document = results(pytester)
    assert (document["run"]["outcome"], document["run"]["unstable"]) == ("passed", "pass")
    told = [(each["outcome"], each["kind"], each["attempts"]) for each in document["tests"]]
    assert told == [("unstable", "product", 3), ("passed", None, 1)]
    *again, once = attempts(pytester)
    assert [
        each.get("value")
        for case in again
        for each in case.iter("property")
        if each.get("name") == "hil.outcome"
    ] == ["rerun", "rerun"]
    assert {each.get("name"): each.get("value") for each in once.iter("property")} == {
        "hil.kind": "product",
        "hil.outcome": "unstable",
        "hil.attempts": "3",
        "hil.unstable": "The board panicked.",
    }
    assert once.find("failure") is None


@pytest.mark.parametrize(
    ("error", "status", "tag"), [(PRODUCT, 1, "failure"), (INFRASTRUCTURE, 10, "error")]
)
def test_it_can_be_made_to_count(
    pytester: pytest.Pytester, error: str, status: int, tag: str
) -> None:
    result = run(pytester, error, "--hil-unstable=fail")
    assert result.ret == status
    result.stdout.fnmatch_lines(
        ["unstable *, which counts as failed: *", f"exit * {status}: *1 of *"]
    )
    assert results(pytester)["tests"][0]["outcome"] == "unstable"
    *_, once = attempts(pytester)
    (found,) = once.findall(tag)
    assert "it passed at attempt 3, after: " in (found.get("message") or "") + (found.text or "")


def test_one_that_fails_at_each_attempt_has_failed(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(AGAIN)
    pytester.makepyfile("import pytest\n@pytest.mark.hil\ndef test_it():\n    assert 1 == 2\n")
    assert pytester.runpytest_subprocess(*OPTIONS).ret == 1
    (test,) = results(pytester)["tests"]
    assert (test["outcome"], test["kind"], test["attempts"]) == ("failed", "test", 3)


def test_another_word_is_refused(pytester: pytest.Pytester) -> None:
    result = run(pytester, PRODUCT, "--hil-unstable=maybe")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--hil-unstable is 'maybe'; say pass or fail."])
