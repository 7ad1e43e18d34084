# SPDX-License-Identifier: MIT
"""The marker ``hil_needs``: what a test needs of the rig.

Where the rig lacks it the test is skipped, with the reason; where an option or ``hil.toml`` says
that the rig has it, and it is not there, that is an error of the rig.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from hil.errors import BadInputError, InfrastructureError

if TYPE_CHECKING:
    from hil.pytestplugin.bench.bench import Bench
    from hil.rig.rig import Rig

MARKER = "hil_needs"

Lack = str | None
"""Why a test is skipped, as a sentence; None if nothing is missing."""


def _second(rig: "Rig", role: str) -> Lack:
    if rig.peer or rig.gateway:
        return None
    return (
        f"it needs a second board as {role}: attach one and name its port by --hil-{role} or in "
        "hil.toml."
    )


def _psram(bench: "Bench") -> Lack:
    spec, info = bench.board.spec, bench.board.info
    if info.psram:
        return None
    if spec.psram:
        error = InfrastructureError(
            f"hil.toml says that the board at {spec.port} has PSRAM, and its firmware finds none; "
            "mend psram there, or look at the board and at the firmware's settings of PSRAM."
        )
        bench.note_lack(error)
        raise error
    return "it needs PSRAM, and the firmware finds none on the board."


def _open(role: str) -> "Callable[[Bench], Lack]":
    def need(bench: "Bench") -> Lack:
        bench.second(role)
        return None

    return need


def _clock(simulated: bool) -> "Callable[[Bench], Lack]":
    kinds = ("a simulated board", "a real board")
    wanted, other = kinds if simulated else reversed(kinds)

    def need(bench: "Bench") -> Lack:
        if bench.board.simulated == simulated:
            return None
        return f"it needs {wanted}, and this is {other}."

    return need


_BY_RIG: "dict[str, Callable[[Rig], Lack]]" = {
    "peer": lambda rig: _second(rig, "peer"),
    "gateway": lambda rig: _second(rig, "gateway"),
}
"""What can be told before a board is open."""

_BY_BOARD: "dict[str, Callable[[Bench], Lack]]" = {
    "peer": _open("peer"),
    "gateway": _open("gateway"),
    "psram": _psram,
    "hardware": _clock(simulated=False),
    "simulated": _clock(simulated=True),
}
"""What the boards themselves say."""

NEEDS = tuple(dict.fromkeys((*_BY_RIG, *_BY_BOARD)))


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*names): what a test needs of the rig, of {', '.join(NEEDS)}: skipped where the "
        "rig lacks it, an error where the rig is said to have it.",
    )


def needs_of(item: pytest.Item) -> Sequence[str]:
    """Return what the markers of a test name."""
    return tuple(name for mark in item.iter_markers(MARKER) for name in mark.args)


def check_marker(item: pytest.Item) -> None:
    """Refuse a marker that names nothing that can be needed.

    Raises:
        BadInputError: one of a test's markers makes no sense.
    """
    for mark in item.iter_markers(MARKER):
        unknown = [each for each in mark.args if each not in NEEDS]
        if unknown or mark.kwargs or not mark.args:
            named = ", ".join(map(repr, (*unknown, *mark.kwargs))) or "nothing"
            raise BadInputError(
                f"The marker {MARKER} of {item.nodeid} names {named}; a test can need "
                f"{', '.join(NEEDS)}."
            )


def require_of_rig(item: pytest.Item, rig: "Rig | InfrastructureError") -> None:
    """Skip a test for which the rig has no boards, before any is opened.

    Raises:
        InfrastructureError: there is no rig.
    """
    for name in needs_of(item):
        if isinstance(rig, InfrastructureError):
            raise rig
        if name in _BY_RIG and (why := _BY_RIG[name](rig)):
            pytest.skip(why)


def require_of_boards(item: pytest.Item, bench: "Bench") -> None:
    """Skip a test for which the boards lack something.

    Raises:
        InfrastructureError: they should have it.
    """
    for name in needs_of(item):
        if why := _BY_BOARD[name](bench):
            pytest.skip(why)
