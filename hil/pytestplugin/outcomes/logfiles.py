# SPDX-License-Identifier: MIT
"""The serial log of each test: a file of its own, and a section of its failure."""

import os
import re
import time
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from hil.errors import BadInputError, BudgetExceeded
from hil.host.files import encode
from hil.host.whole_file import write_whole
from hil.pytestplugin.run import Run

PATH: pytest.StashKey[Path] = pytest.StashKey()
"""Where a test's serial log went, when the board said anything during it."""

_STARTED: pytest.StashKey[float] = pytest.StashKey()
_ATTACHED_LINES = 100
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
    if run is not None and (entries := run.serial_log(item.stash[_STARTED])):
        from hil.results.serial_log import file_text

        path = run.log_dir / "logs" / file_name(item.nodeid)
        with run.keeping():
            write_whole(encode(file_text(entries)), path)
            item.stash[PATH] = path


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, pytest.TestReport]:
    """Attach the log to what failed."""
    report: pytest.TestReport = yield
    run = Run.known(item.config)
    if call.excinfo is not None and isinstance(call.excinfo.value, _SAYS_ALL):
        return report
    if report.failed and run is not None and (entries := run.serial_log(item.stash[_STARTED])):
        shown = entries[-_ATTACHED_LINES:]
        several = len({each.board for each in shown}) > 1
        title = f"Serial log: last {len(shown)} of {len(entries)} lines; host s, board s"
        report.sections.append((title, "\n".join(each.shown(several) for each in shown)))
    return report
