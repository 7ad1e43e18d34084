# SPDX-License-Identifier: MIT
"""Whether a session is to share boards out to its workers."""

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

from hil.pytestplugin.farm.named import BOARD, PER_WORKER
from hil.pytestplugin.run import is_dry

LATENCY = "latency"
"""The marker of tests that are run alone."""

_HIL = "hil"


def shares_boards(config: pytest.Config) -> bool:
    """Return whether boards are acquired for the workers before any of them knows its tests.

    Those of a run of unit tests, say, are to leave the boards of ``hil.toml`` alone: so it takes
    an option about boards on the command line, or -m with one of our markers.
    """
    if is_dry(config) or hasattr(config, "workerinput"):
        return False
    asked = config.getoption(BOARD) or config.getoption(PER_WORKER)
    return bool(asked) or _is_about_boards(config.getoption("markexpr") or "")


def directories(config: pytest.Config) -> Sequence[Path]:
    """Return where ``hil.toml`` may be."""
    return (config.invocation_params.dir, config.rootpath)


def _is_about_boards(expression: str) -> bool:
    """Return whether an expression for -m chooses tests by their needing a board."""
    try:
        parsed = ast.parse(expression, mode="eval").body
    except SyntaxError:
        return False  # nothing, or what pytest refuses itself
    for has_others in (True, False):
        with_board = (frozenset({_HIL}), frozenset({_HIL, LATENCY}))
        chosen = any(_holds(parsed, marks, has_others) for marks in with_board)
        if chosen and not _holds(parsed, frozenset(), has_others):
            return True
    return False


def _holds(part: ast.expr, marks: frozenset[str], has_others: bool) -> bool:
    """Return whether a part of an expression holds for a test.

    Args:
        part: as Python reads it.
        marks: those of ours that it has.
        has_others: whether it has all others, or none.
    """
    if isinstance(part, ast.BoolOp):
        held = [_holds(each, marks, has_others) for each in part.values]
        return all(held) if isinstance(part.op, ast.And) else any(held)
    if isinstance(part, ast.UnaryOp):
        return not _holds(part.operand, marks, has_others)
    if isinstance(part, ast.Name) and part.id in (_HIL, LATENCY):
        return part.id in marks
    return has_others
