# SPDX-License-Identifier: MIT
"""Puts learned limits into the text of a budget file; everything else in it stays as it is."""

from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit.items import Comment, InlineTable, Table, Whitespace

from hil.budgets.learning import Learned


@dataclass(frozen=True)
class Change:
    """One limit: stage, statistic (empty for loss and goodput), and its values; None: no limit."""

    stage: str
    statistic: str
    before: float | None
    after: float | None


def write_limits(text: str, kind: str, via: str, learned: Learned) -> tuple[str, list[Change]]:
    """Set the limits of one link.

    Args:
        text: a budget file that is understood.
        kind: kind of board.
        via: the link.
        learned: its limits; statistics of its stages that are not among them are taken out.

    Returns:
        the new text, and every limit that was set or taken out, whether or not it is another one.
    """
    document = tomlkit.parse(text)
    table, behind = _open(document, "latency", kind, via)
    changes = []
    for stage, limits in learned.stages.items():
        before = dict(table[stage]) if stage in table else {}
        _set_stage(table, stage, {name: _short(limit) for name, limit in limits.items()})
        changes += [
            Change(stage, name, before.get(name), limits.get(name))
            for name in dict.fromkeys((*before, *limits))
        ]
    rates = {"goodput": learned.goodput, "loss": learned.loss}
    for name, limit in rates.items():
        if limit is not None:
            changes.append(Change(name, "", _plain(table.get(name)), limit))
            table[name] = limit
    for item in behind:
        table.add(item)
    return tomlkit.dumps(document).rstrip("\n") + "\n", changes


def _open(document: tomlkit.TOMLDocument, *names: str) -> tuple[Table, list[Comment | Whitespace]]:
    """Return a table, made if need be, and what has to be put behind its last entry again.

    tomlkit counts blank lines and comments in front of a section to the section before it.
    """
    parent: Any = document
    for depth, name in enumerate(names, 1):
        if name not in parent:
            behind = _cut_off(_last_table(parent)) if depth > 1 else []
            for each in names[depth - 1 : -1]:
                parent[each] = tomlkit.table(is_super_table=True)
                parent = parent[each]
            parent[names[-1]] = tomlkit.table()
            return parent[names[-1]], behind
        parent = parent[name]
    return parent, _cut_off(parent)


def _last_table(table: Any) -> Any:
    """Return the table behind which a new one of ``table`` comes to stand."""
    below = [value for value in table.values() if isinstance(value, Table)]
    return _last_table(below[-1]) if below else table


def _cut_off(table: Any) -> list[Comment | Whitespace]:
    """Take blank lines and comments behind the last entry of a table out of it."""
    body = table.value.body if isinstance(table, Table) else []
    behind: list[Comment | Whitespace] = []
    while body and isinstance(item := body[-1][1], Comment | Whitespace):
        behind.insert(0, item)
        del body[-1]
    return behind


def _set_stage(table: Table, stage: str, limits: dict[str, float]) -> None:
    old = table.get(stage)
    if isinstance(old, Table):  # a section of its own, with comments perhaps
        behind = _cut_off(old)
        for name in set(old) - set(limits):
            del old[name]
        old.update(limits)
        for item in behind:
            old.add(item)
        return
    pairs = ", ".join(f"{name} = {limit!r}" for name, limit in limits.items())
    new = tomlkit.parse(f"{stage} = {{ {pairs} }}\n")[stage]
    assert isinstance(new, InlineTable)
    if isinstance(old, InlineTable):
        new.trivia.comment_ws, new.trivia.comment = old.trivia.comment_ws, old.trivia.comment
    table[stage] = new


def _short(limit: float) -> float:
    return int(limit) if limit.is_integer() else limit


def _plain(value: Any) -> float | None:
    return None if value is None else float(value)
