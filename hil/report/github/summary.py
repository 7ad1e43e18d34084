# SPDX-License-Identifier: MIT
"""The job's summary: the page in short, as GitHub's Markdown."""

import re
from collections.abc import Iterator, Sequence

from hil.host.printable import printable
from hil.report.errors import Trouble, troubles
from hil.report.grouping import (
    Document,
    Row,
    combination,
    has_several_boards,
    is_simulated,
)
from hil.report.identity import boards_table, identity_of
from hil.report.judged import judged_stages
from hil.report.verdict import verdict_of
from hil.results.views import link_name

_MARKS = {"good": "✅", "bad": "❌", "warn": "⚠️"}
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#!|~@&$]|:(?=\S)|(?<=www)\.|^[-+=]|^\d+[.)](?=\s)")
"""What may mean something in Markdown or HTML; as an entity it is only itself."""

_FACTS = ("Board", "Boards", "Firmware", "Model", "Cut after", "Flashed", "Links shaped by")
_STAGES = ("transfer", "total", "loss")
_MOST_TROUBLES = 20
_MOST_LETTERS = 1000


def summary(document: Document) -> str:
    """Return the summary of a run.

    Args:
        document: by ``docs/results.schema.json``.
    """
    return "\n".join(_lines(document)) + "\n"


def words(text: object) -> str:
    """Return words as Markdown that shows just these, on one line."""
    told = printable(str(text).replace("\n", " "))
    if len(told) > _MOST_LETTERS:
        told = f"{told[:_MOST_LETTERS]}…"
    return _SPECIAL.sub(lambda found: "".join(f"&#{ord(each)};" for each in found[0]), told)


def _lines(document: Document) -> Iterator[str]:
    verdict = verdict_of(document)
    simulated = " (simulated)" if is_simulated(document) else ""
    yield f"## {_MARKS[verdict.tone]} hil: {words(verdict.headline)}{simulated}"
    yield ""
    yield from (f"- {words(point)}" for point in verdict.points)
    yield ""
    facts = [fact for fact in identity_of(document).facts if fact[0] in _FACTS]
    yield from _table(("", ""), facts)
    yield from _boards(document)
    yield from _agreement(document)
    yield from _latency(document, simulated)
    yield from _troubles(troubles(document))


def _boards(document: Document) -> Iterator[str]:
    if (boards := boards_table(document)) is not None:
        yield from _table(boards.headings, boards.rows)


def _agreement(document: Document) -> Iterator[str]:
    several = document["combinations"] if len(document["combinations"]) > 1 else []
    rows = [
        (" ".join(filter(None, (about.get("name"), name))), row["n"], *_percent(row))
        for about in several or [document]
        for name, row in about["agreement"]["with"].items()
    ]
    if rows:
        yield from _table(
            ("the board with", "photos", "same first class", "of the best five"), rows
        )


def _percent(row: Row) -> tuple[str, str]:
    return f"{row['top1']:.1%}", f"{row['top5']:.1%}"


def _latency(document: Document, simulated: str) -> Iterator[str]:
    rows = []
    several = len({combination(each) for each in document["latency"]}) > 1
    boards = has_several_boards(document)
    for each in document["latency"]:
        if each["advisory"]:
            continue  # the boards' table has them
        parts = [combination(each)] * several + [each["board"] or ""] * boards
        name = " ".join([*parts, link_name(each)])
        for stage in judged_stages(document, each):
            if stage.stage in _STAGES or stage.outcome not in ("pass", "no_budget", ""):
                figures = (stage.told(figure) for figure in ("p50", "p95", "max"))
                rows.append((name, stage.stage, *figures, stage.limit, stage.verdict))
    if rows:
        yield f"Latency in milliseconds{simulated}:"
        yield ""
        yield from _table(("link", "stage", "p50", "p95", "max", "limit", "verdict"), rows)


def _troubles(found: Sequence[Trouble]) -> Iterator[str]:
    if not found:
        return
    yield "### What went wrong"
    yield ""
    for each in found[:_MOST_TROUBLES]:
        more = f" (and the same in {len(each.others)} more)" if each.others else ""
        yield f"- **{words(each.title)}**, {words(each.whose)}: {words(each.message)}{more}"
    if len(found) > _MOST_TROUBLES:
        yield f"- {len(found) - _MOST_TROUBLES} more, in the page"
    yield ""


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(map(words, headings))} |"
    yield f"|{' --- |' * len(headings)}"
    yield from (f"| {' | '.join(map(words, row))} |" for row in rows)
    yield ""
