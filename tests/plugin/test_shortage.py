# SPDX-License-Identifier: MIT
"""Sessions on a computer that runs short of something."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = (f"--hil-model={ROOT / 'models' / 'tiny'}",)
LIMITED = """
import os, resource
import pytest
pytestmark = [pytest.mark.hil]
kept = []

def test_before():
    pass

def test_it():
    {how}

def test_after():
    pass
"""
FULL = """
import errno, pathlib
as_ever = pathlib.Path.write_bytes
def write_bytes(path, data):
    if path.suffix != ".part":
        return as_ever(path, data)
    as_ever(path, data[:16])
    raise OSError(errno.ENOSPC, "No space left on device")
"""
"""A disk that has no room for what the harness writes from the middle of a run on."""
DISK_FILLS = "import conftest, pathlib; pathlib.Path.write_bytes = conftest.write_bytes"
NO_FILE_OPENS = (
    "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
    "    while True:\n        kept.append(os.open(os.devnull, os.O_RDONLY))"
)


def run(pytester: pytest.Pytester, how: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(LIMITED.format(how=how))
    result = pytester.runpytest_subprocess(*OPTIONS, *options)
    said = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    return result


def results(pytester: pytest.Pytester) -> dict[str, Any]:
    text = (pytester.path / "hil-report" / "results.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


def test_a_disk_that_is_full_leaves_the_results_as_far_as_they_went(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(FULL)
    result = run(pytester, DISK_FILLS)
    assert result.ret == 10
    result.stdout.fnmatch_lines(["exit * 10: *", "error * cannot be written: No space is left*"])
    document = results(pytester)
    assert document["run"]["outcome"] == "running"
    assert len(document["tests"]) <= 1
    assert [each.name for each in (pytester.path / "hil-report").iterdir()] == ["results.json"]


LOGS_FILL = FULL.replace('path.suffix != ".part"', 'path.parent.name != "logs"')
TALKS = """
import conftest, pathlib
import pytest
pytestmark = [pytest.mark.hil]

def test_before(console):
    console.request("info")

def test_it(console):
    console.request("info")
    pathlib.Path.write_bytes = conftest.write_bytes

def test_after(console):
    console.request("info")
"""


def test_a_disk_that_is_full_for_serial_logs_costs_these_and_no_test(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(LOGS_FILL)
    pytester.makepyfile(TALKS)
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == 10
    result.assert_outcomes(passed=3)
    told = [each for each in result.outlines if "No space is left" in each]
    assert len(told) == 1
    assert "test_it" in told[0]
    document = results(pytester)
    assert document["run"]["outcome"] == "infrastructure"
    assert [bool(each["log"]) for each in document["tests"]] == [True, False, False]
    assert [each["outcome"] for each in document["tests"]] == ["passed"] * 3
    logs = list((pytester.path / "hil-report" / "logs").iterdir())
    assert logs == [pytester.path / "hil-report" / document["tests"][0]["log"]]


def test_with_no_descriptor_left_the_results_are_written(pytester: pytest.Pytester) -> None:
    result = run(pytester, NO_FILE_OPENS)
    assert result.ret == 10
    document = results(pytester)
    assert document["run"]["outcome"] == "infrastructure"
    assert [each["kind"] for each in document["tests"]][:2] == [None, "infrastructure"]


def test_a_junit_file_that_cannot_be_written_is_told_in_one_sentence(
    pytester: pytest.Pytester,
) -> None:
    (pytester.path / "full").symlink_to("/dev/full")
    result = run(pytester, "pass", "--junit-xml=full")
    assert result.ret == 10
    result.stdout.fnmatch_lines(["error * No space is left on the disk*"])
    assert len(results(pytester)["tests"]) == 3
