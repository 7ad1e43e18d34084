# SPDX-License-Identifier: MIT
"""The log of a console that was opened again goes on from the one before."""

from hil import console_log
from hil.console_log import ConsoleLog, LogLine


def test_earlier_lines_stand_before_newer_ones() -> None:
    log = ConsoleLog()
    log.add("new")
    log.put_before([LogLine(0.0, "old"), LogLine(0.1, "older than new")])
    assert [line.text for line in log.lines] == ["old", "older than new", "new"]


def test_of_too_many_lines_the_newest_are_kept() -> None:
    log = ConsoleLog()
    log.add("new")
    kept = console_log._KEPT
    log.put_before(LogLine(0.0, str(number)) for number in range(kept))
    assert len(log.lines) == kept
    assert log.lines[-1].text == "new"
    assert log.lines[0].text == "1"
