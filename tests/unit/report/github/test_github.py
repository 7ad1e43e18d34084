# SPDX-License-Identifier: MIT
"""What GitHub shows of a run: nothing in it is obeyed as Markdown, HTML or a workflow command."""

import re
from pathlib import Path
from typing import Any

import pytest

from hil.report.github.annotations import annotations
from hil.report.github.summary import summary, words
from hil.results import ErrorRecord, Results, TestRecord

ROOT = Path("/home/runner/rig/rig")


def commands(results: Results) -> list[str]:
    return annotations(results.document(), ROOT, ROOT.parent)


def test_a_failure_is_shown_at_its_line(make_run: Any, crashed: ErrorRecord) -> None:
    results = make_run()
    results.errors.append(crashed)
    assert commands(results) == [
        "::error file=rig/t.py,line=7,title=t.py%3A%3Atest_crash[udp]%3A the product's failure"
        "::While it was running, the board panicked: abort()."
    ]


def test_an_error_of_the_rig_is_shown_too_and_once_for_all_tests(make_run: Any) -> None:
    results = make_run()
    for nodeid in (None, "t.py::test_a", "t.py::test_b"):
        file = None if nodeid is None else "t.py"
        place = (file, None if nodeid is None else 3)
        results.errors.append(
            ErrorRecord(nodeid, "setup", "infrastructure", "PortError", "No port.", (), *place)
        )
    (command,) = commands(results)
    assert command.startswith("::error title=The session%3A the rig's or this computer's error::")
    assert command.endswith("::No port. (and the same in 2 more)")


def test_an_unstable_test_is_a_warning(make_run: Any) -> None:
    results = make_run()
    results.tests.append(TestRecord("t.py::test_a", "unstable", "product", 1.0, None, 2))
    assert commands(results) == [
        "::warning title=t.py%3A%3Atest_a%3A unstable::failed and then passed, at attempt 2"
    ]


def test_a_test_outside_of_the_checkout_has_no_line_there(make_run: Any) -> None:
    results = make_run()
    error = ErrorRecord("x", "call", "test", "E", "No.", (), "../../../lib/suite/test_x.py", 3)
    results.errors.append(error)
    assert commands(results)[0].startswith("::error title=x%3A")


def test_no_word_begins_a_command_of_its_own(make_run: Any) -> None:
    results = make_run()
    text = "100%\r\n::stop-commands::x, y: z"
    results.errors.append(ErrorRecord(text, "call", "test", "E", text, (), text, 1))
    (command,) = commands(results)
    assert "\n" not in command
    assert "\r" not in command
    properties, message = re.fullmatch(r"::error ([^:]*)::(.*)", command).groups()  # type: ignore[union-attr]
    assert properties.count(",") == 2
    assert message == "100%25\\x0d\\x0a::stop-commands::x, y: z"


def test_the_summary_says_the_verdict_first_and_what_is_under_test(make_run: Any) -> None:
    told = summary(make_run(limit_ms=1, links=("udp",)).document())
    first, *rest = told.splitlines()
    assert first == "## ✅ hil: Passed (simulated)"
    assert any(re.match(r"\| Model \| dogs19", line) for line in rest)
    assert any(re.match(r"\| udp \| transfer \| .* \| FAIL \|", line) for line in rest)


def test_the_summary_of_a_run_without_a_board_says_why(make_run: Any) -> None:
    results = Results(exit_status=10)
    error = ErrorRecord("t.py::a", "setup", "infrastructure", "PortError", "No port.")
    results.errors.append(error)
    told = summary(results.document())
    assert "⚠️ hil: The rig failed" in told
    assert "No port." in told


def test_rows_of_a_table_have_as_many_cells_whatever_is_in_them(make_run: Any) -> None:
    document = make_run(links=("udp",)).document()
    document["board"]["port"] = document["model"]["name"] = "a|b\n| c\\"
    document["firmware"]["version"] = "`x` <img src=x onerror=y> [l](http://h) @me #1 ![i](j)"
    told = summary(document)
    assert not re.search(r"<|(?<!&#)@|(?<!&)#(?!#)1|`|\]\(|http:", told.partition("\n")[2])
    for line in told.splitlines():
        if line.startswith("|"):
            assert line.count("|") in (3, 5, 8)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("36 of 36 photos.", "36 of 36 photos."),
        ("1.5 ms <= 2 ms", "1.5 ms &#60;= 2 ms"),
        ("1. item", "&#49;&#46; item"),
        ("- item", "&#45; item"),
        ("0.970\n(0.9 to open)", "0.970 (0.9 to open)"),
        ("\x1b[1m", "&#92;x1b&#91;1m"),
    ],
)
def test_words_are_only_what_they_say(text: str, told: str) -> None:
    assert words(text) == told
