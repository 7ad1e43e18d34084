# SPDX-License-Identifier: MIT
"""The part of the closing table that explains the exit code: from the document alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 3
"""Tests that are named; results.json has all."""

_SIGNALS = {129: "SIGHUP", 143: "SIGTERM"}
_WORDS = {
    "product": ("of the product", "of the product"),
    "test": ("of a test itself", "of tests themselves"),
    "bad_input": ("of what was asked for", "of what was asked for"),
    "infrastructure": ("of the rig or this computer", "of the rig or this computer"),
}
"""Whose failures they are: one, several."""

Row = Mapping[str, Any]


def exit_rows(document: Row) -> list[tuple[str, str]]:
    """Return rows (title, text) about unstable tests and about an exit code that is not 0."""
    rows = []
    if unstable := [each for each in document["tests"] if each["outcome"] == "unstable"]:
        rows.append(("unstable", _unstable(unstable, counts=document["run"]["unstable"] == "fail")))
    status = document["run"]["exit_status"]
    if status not in (None, 0):
        rows.append(("exit", f"{status}: {_reason(document, status)}"))
    told = dict.fromkeys(each["message"] for each in document["errors"] if each["nodeid"] is None)
    return rows + [("error", message) for message in told]


def _unstable(tests: Sequence[Row], *, counts: bool) -> str:
    names = [f"{each['nodeid']} ({each['kind']})" for each in tests[:_SHOWN]]
    if len(tests) > _SHOWN:
        names.append(f"{len(tests) - _SHOWN} more")
    verb = "test has" if len(tests) == 1 else "tests have"
    rule = "counts as failed" if counts else "counts as passed; --hil-unstable=fail makes it fail"
    return f"{len(tests)} {verb} failed and then passed, which {rule}: {', '.join(names)}"


def _reason(document: Row, status: int) -> str:
    if status in _SIGNALS:
        return f"ended by {_SIGNALS[status]}"
    counts = Counter(each["kind"] for each in _failures(document))
    told = [
        f"{counts[kind]} {words[counts[kind] > 1]}"
        for kind, words in _WORDS.items()
        if counts[kind]
    ]
    outcome = document["run"]["outcome"].replace("_", " ")
    return f"{outcome}; failures: {', '.join(told)}" if told else outcome


def _failures(document: Row) -> list[Row]:
    bad = ["failed", "error", *(["unstable"] if document["run"]["unstable"] == "fail" else [])]
    tests = [each for each in document["tests"] if each["outcome"] in bad]
    return tests + [each for each in document["errors"] if each["nodeid"] is None]
