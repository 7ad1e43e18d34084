# SPDX-License-Identifier: MIT
"""Workflow commands by which GitHub shows each failure at its line."""

import os
from collections.abc import Iterator
from pathlib import Path

from hil.host.printable import printable
from hil.report.errors import Trouble, troubles
from hil.report.grouping import Document

_MOST = 50
"""GitHub shows ten errors of a step, and keeps so many of a job."""


def annotations(document: Document, root: Path, workspace: Path) -> list[str]:
    """Return a workflow command for each failure, infrastructure errors included.

    What several tests have met alike is told once, with their number.

    Args:
        document: by ``docs/results.schema.json``.
        root: pytest's root directory, which files of tests are relative to.
        workspace: the checkout's, which GitHub's are.
    """
    found = [_annotation(each, root, workspace) for each in troubles(document)]
    return [*found, *_unstable(document)][:_MOST]


def _annotation(trouble: Trouble, root: Path, workspace: Path) -> str:
    properties = {"title": f"{trouble.title}: {trouble.whose}"}
    path = os.path.relpath(root / trouble.file, workspace) if trouble.file else ".."
    if not path.startswith(".."):  # of tests elsewhere, GitHub has no lines
        properties = {"file": path, "line": str(trouble.line), **properties}
    more = f" (and the same in {len(trouble.others)} more)" if trouble.others else ""
    return _written("error", properties, trouble.message + more)


def _unstable(document: Document) -> Iterator[str]:
    for each in document["tests"]:
        if each["outcome"] == "unstable":
            message = f"failed and then passed, at attempt {each['attempts']}"
            yield _written("warning", {"title": f"{each['nodeid']}: unstable"}, message)


def _written(level: str, properties: dict[str, str], message: str) -> str:
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {told}::{_data(printable(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
