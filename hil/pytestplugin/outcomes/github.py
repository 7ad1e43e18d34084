# SPDX-License-Identifier: MIT
"""On GitHub's runners: a run in short as the job's summary, each failure as an annotation."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hil.host.printable import printable
from hil.pytestplugin.outcomes.annotations import ANNOTATOR

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


def tell(terminalreporter: "TerminalReporter", document: dict[str, Any]) -> None:
    """Tell GitHub of a run, where a workflow runs it.

    Args:
        terminalreporter: writes to the job's log, which is read for workflow commands.
        document: by ``docs/results.schema.json``.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from hil.report.github.annotations import annotations
    from hil.report.github.summary import summary

    config = terminalreporter.config
    if config.pluginmanager.get_plugin(ANNOTATOR) is None:  # which has annotated every failure
        workspace = Path(os.environ.get("GITHUB_WORKSPACE") or config.rootpath)
        for command in annotations(document, config.rootpath, workspace):
            terminalreporter.write_line(printable(command))
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write(summary(document))
        except OSError as error:
            told = f"hil: no job summary, for {file} cannot be written ({error.strerror})"
            terminalreporter.write_line(printable(told))
