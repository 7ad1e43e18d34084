# SPDX-License-Identifier: MIT
"""Errors in the annotations of a workflow of GitHub's.

pytest-github-actions-annotate-failures annotates what has failed in a call, and nothing else. The
harness's errors are none of a call (:mod:`hil.pytestplugin.outcomes.outcomes`): it is handed
copies that are.
"""

import copy

import pytest

_ANNOTATOR = "annotate_errors"
"""The name under which that plugin registers what annotates."""


def annotate(config: pytest.Config, report: pytest.TestReport) -> None:
    """Have an error annotated that is shown as one of set-up or teardown."""
    annotator = config.pluginmanager.get_plugin(_ANNOTATOR)
    if annotator is None or report.when == "call":
        return
    shown = copy.copy(report)
    shown.when = "call"
    annotator.pytest_runtest_logreport(report=shown)
