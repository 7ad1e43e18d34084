# SPDX-License-Identifier: MIT
"""The serial log of each test: a file of its own, and a section of its failure."""

import os
import re
import time
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hil.errors import BadInputError, BudgetExceeded
from hil.host.files.reading import encode
from hil.host.files.whole_file import write_whole
from hil.pytestplugin.run import Run

if TYPE_CHECKING:
    from hil.results.serial_log import Entry

PATH: pytest.StashKey[Path] = pytest.StashKey()
"""Where a test's serial log went, when the board said anything during it."""

_STARTED: pytest.StashKey[float] = pytest.StashKey()
RUN_BYTES, LATE_CHARACTERS = 64_000_000, 64_000
"""Bytes of all logs of a run; once they are there, a test's own has only so many characters."""

ATTACHED_LINES = 100
TITLE = "Serial log"
"""How the title of a report's section begins that has one."""

_MAX_NAME = 120

_SAYS_ALL = (BadInputError, BudgetExceeded)
"""Errors to which nothing that a board has said can add."""


def file_name(nodeid: str) -> str:
    """Return a file name for a test's log: readable, safe on any file system, unambiguous."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", nodeid).strip("_.")
    if safe == nodeid and len(safe) <= _MAX_NAME:
        return f"{safe}.log"
    return f"{safe[-_MAX_NAME:]}-{zlib.crc32(os.fsencode(nodeid)):08x}.log"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Write the log of a test when it is over."""
    begin(item)
    try:
        return (yield)
    finally:  # also of a test that Ctrl-C ends
        write(item)


def begin(item: pytest.Item) -> None:
    """Note when a test begins."""
    item.stash[_STARTED] = time.monotonic()


def write(item: pytest.Item) -> None:
    """Write what a board has said since a test began, if one has."""
    run = Run.under_way(item.config)
    if run is not None and (lines := serial_log(run, item.stash[_STARTED])):
        from hil.results.serial_log import FILE_CHARACTERS, file_text

        path = run.log_dir / "logs" / file_name(item.nodeid)
        most = FILE_CHARACTERS if run.logged < RUN_BYTES else LATE_CHARACTERS
        content = encode(file_text(lines, most))
        run.logged += len(content)
        with run.keeping():
            write_whole(content, path)
            item.stash[PATH] = path


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, pytest.TestReport]:
    """Attach the log to what failed."""
    report: pytest.TestReport = yield
    if report.failed and (entries := told(item, call)):
        shown = entries[-ATTACHED_LINES:]
        several = len({each.board for each in shown}) > 1
        title = f"{TITLE}: last {len(shown)} of {len(entries)} lines; host s, board s"
        report.sections.append((title, "\n".join(each.shown(several) for each in shown)))
    return report


def told(item: pytest.Item, call: pytest.CallInfo[None]) -> "list[Entry]":
    """Return what boards have said during a test, unless it adds nothing to what ended a phase."""
    run = Run.known(item.config)
    if run is None or (call.excinfo is not None and isinstance(call.excinfo.value, _SAYS_ALL)):
        return []
    return serial_log(run, item.stash[_STARTED])


def serial_log(run: Run, since: float) -> "list[Entry]":
    """Return the consoles' lines from a time on (``time.monotonic()``), by time."""
    if run.bench is None:
        return []
    from hil.results.serial_log import Entry

    entries = [
        Entry.of(line, "dut" if board is run.bench.board else board.port, since)
        for board in run.bench.rig.boards
        for line in tuple(board.console.log)
        if line.host_time >= since
    ]
    return sorted(entries, key=lambda each: each.host_s)
