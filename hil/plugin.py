# SPDX-License-Identifier: MIT
"""The pytest entry point: registers the parts of the plugin, all of them cheap to import."""

import pytest

from hil.pytestplugin import (
    benchmark,
    budgets,
    fixtures,
    measuring,
    namesakes,
    odd_names,
    options,
    progress,
    selection,
    signals,
    stages,
    workers,
)
from hil.pytestplugin.bench import readiness
from hil.pytestplugin.outcomes import closing, logfiles, outcomes, report, unittests

PARTS = (
    options,
    progress,
    signals,
    namesakes,
    selection,
    readiness,
    budgets,
    logfiles,
    unittests,
    outcomes,
    report,
    workers,
    closing,
    benchmark,
    fixtures,
    stages,
    measuring,
    odd_names,
)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the parts: the earliest hook of a plugin, so that they may add options too."""
    for part in PARTS:
        pluginmanager.register(part, part.__name__)
