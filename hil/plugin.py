# SPDX-License-Identifier: MIT
"""The pytest entry point: registers the parts of the plugin, all of them cheap to import."""

import pytest

from hil.pytestplugin import (
    benchmark,
    budgets,
    namesakes,
    odd_names,
    options,
    progress,
    rootdir,
    selection,
    signals,
    stages,
    strangers,
    workers,
)
from hil.pytestplugin.bench import readiness
from hil.pytestplugin.farm import alone, controller, portions
from hil.pytestplugin.fixtures import fixtures, short
from hil.pytestplugin.outcomes import (
    closing,
    dormancy,
    health,
    logfiles,
    outcomes,
    report,
    unittests,
)
from hil.pytestplugin.turns import grouping, links, needs, turn

PARTS = (
    options,
    progress,
    rootdir,
    signals,
    namesakes,
    strangers,
    selection,
    grouping,
    links,
    needs,
    turn,
    readiness,
    budgets,
    logfiles,
    unittests,
    outcomes,
    health,
    report,
    controller,
    alone,
    portions,
    workers,
    closing,
    dormancy,
    benchmark,
    fixtures,
    short,
    stages,
    odd_names,
)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the parts: the earliest hook of a plugin, so that they may add options too."""
    for part in PARTS:
        pluginmanager.register(part, part.__name__)
