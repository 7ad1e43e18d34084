# SPDX-License-Identifier: MIT
"""Tests that are run alone, for what they measure is judged: those marked ``latency``."""

import pytest

from hil.pytestplugin.farm.asked import LATENCY
from hil.pytestplugin.farm.words import CHANNEL
from hil.pytestplugin.outcomes.kinds import needs_board

JUDGED = "latency_budget"
"""The marker of tests that are judged by a budget, see :mod:`hil.pytestplugin.budgets`."""

_ALONE: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the test under way is run alone."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{LATENCY}: run alone when all else is over, where -n spreads tests over boards; set by "
        f"itself on every test that is marked {JUDGED}.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is judged before ``-m latency`` is applied."""
    for item in items:
        if item.get_closest_marker(JUDGED) is not None:
            item.add_marker(LATENCY)


def is_to_be_alone(item: pytest.Item) -> bool:
    """Return whether a test is to be run alone."""
    return item.get_closest_marker(LATENCY) is not None and needs_board(item)


def begin(item: pytest.Item) -> bool:
    """Note that a test begins; return whether nothing else is run meanwhile."""
    config = item.config
    told = getattr(config, "workerinput", {})
    alone = CHANNEL in told and (told["workercount"] == 1 or is_to_be_alone(item))
    config.stash[_ALONE] = alone
    return alone


def is_alone(config: pytest.Config) -> bool:
    """Return whether nothing is run beside the test under way."""
    return not hasattr(config, "workerinput") or config.stash.get(_ALONE, False)
