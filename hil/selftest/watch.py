# SPDX-License-Identifier: MIT
"""The plugin of a mutant's run: writes down each failure, and stops at the one that is expected.

What is likely to see the mutant comes first.

It is named on pytest's command line (``-p hil.selftest.watch``) and on no other.
"""

import json
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from hil.host.lifeline import hold_on_to
from hil.selftest.order import rank

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what :mod:`hil.selftest.running` says."""
    group = parser.getgroup("hil-selftest", "a run of hil selftest")
    group.addoption("--hil-selftest-failures", help="file that gets a line of JSON for each")
    group.addoption("--hil-selftest-symptom", help="symptom at which to stop")
    group.addoption("--hil-selftest-family", help="family of the mutant: its tests come first")
    group.addoption("--hil-selftest-lifeline", type=int, help="descriptor to live by")


def pytest_configure(config: pytest.Config) -> None:
    """End with the selftest, however that ends."""
    descriptor = config.getoption("--hil-selftest-lifeline")
    if descriptor is not None:
        hold_on_to(descriptor)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Put the tests of the mutant's family first, behind whatever else orders them."""
    yield
    family = config.getoption("--hil-selftest-family")
    if family is not None:
        items.sort(
            key=lambda item: rank(
                family,
                item.path.stem.removeprefix("test_"),
                getattr(item, "fixturenames", ()),
            )
        )


def pytest_exception_interact(
    node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any], report: pytest.TestReport
) -> None:
    """Write a failure down."""
    assert call.excinfo is not None
    error = call.excinfo.value
    symptom = symptom_of(error)
    failure = {
        "test": node.nodeid,
        "symptom": symptom,
        "kind": getattr(report, "hil_kind", "test"),
        "message": next(iter(str(error).splitlines()), type(error).__name__),
    }
    with Path(node.config.getoption("--hil-selftest-failures")).open("a", encoding="utf-8") as file:
        file.write(json.dumps(failure) + "\n")
    if symptom == node.config.getoption("--hil-selftest-symptom"):
        node.session.shouldfail = f"the expected symptom was seen: {symptom}"


def symptom_of(error: BaseException) -> str:
    """Return by what name an error goes: its own symptom, else its class (``board-panic``)."""
    symptom = getattr(error, "symptom", None)
    return symptom or _WORD.sub("-", type(error).__name__).lower()
