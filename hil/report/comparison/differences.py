# SPDX-License-Identifier: MIT
"""In what two runs are not about the same thing: said beside all that they are compared in."""

from collections.abc import Iterator

from hil.report.grouping import Document, is_simulated
from hil.report.identity import identity_of

_NOT_COMPARED = ("Run", "Port", "Last reset", "Flashed")


def differences(before: Document, after: Document) -> list[tuple[str, str, str]]:
    """Return what is not the same in both runs: what, before, after."""
    old, new = (dict(identity_of(each).facts) for each in (before, after))
    names = [name for name in dict.fromkeys([*old, *new]) if name not in _NOT_COMPARED]
    return [
        (name, old.get(name, "none"), new.get(name, "none"))
        for name in names
        if old.get(name) != new.get(name)
    ]


def cautions(before: Document, after: Document) -> Iterator[str]:
    """Yield why a comparison says little, if it does."""
    if is_simulated(before) != is_simulated(after):
        yield "One of the runs is simulated and the other is not: their times are not compared."
    models = [each["model"]["model_id"] if each["model"] else None for each in (before, after)]
    if models[0] != models[1]:
        yield "Model or cut are not the same: what moves may be due to that alone."
    boards = [{board["mac"] for board in each["boards"]} for each in (before, after)]
    if set() in boards:
        yield "One of the runs has no board."
    elif boards[0] != boards[1]:
        yield "The boards are not the same: what moves may be due to that alone."
    shapes = [each["budgets"]["link_file"] for each in (before, after)]
    if shapes[0] != shapes[1]:
        yield "The links were shaped by different files."
