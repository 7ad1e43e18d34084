# SPDX-License-Identifier: MIT
"""The page of two runs, and what it says in a few sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from hil.report.charts.figure import Caption, Table
from hil.report.charts.strips import Range, Strip, strips
from hil.report.comparison.differences import cautions, differences
from hil.report.comparison.moves import Move, lost, median, moves, outcomes, predictions
from hil.report.grouping import Document, is_simulated
from hil.report.page import render
from hil.results.reading import DAMAGE, not_as_named

_MOST_SENTENCES = 12


@dataclass(frozen=True)
class Comparison:
    """Two runs.

    Attributes:
        worse: whether something is worse beyond noise, or a test that passed does not any more.
        headline: a few words.
        points: what has moved, the worst first.
        moves: every stage of every link.
        page: HTML.
    """

    worse: bool
    headline: str
    points: tuple[str, ...]
    moves: tuple[Move, ...]
    page: str


def compare_runs(before: Document, after: Document, names: Sequence[str]) -> Comparison:
    """Put two runs side by side.

    Args:
        before: the document of the earlier run.
        after: of the later one.
        names: what each is called.

    Raises:
        BadInputError: a document does not hold what its schema says.
    """
    try:
        drawn, found = _content(before, after)
    except DAMAGE as error:
        raise not_as_named(Path(" or ".join(names)), error) from error
    return replace(found, page=render("compare.html", names=names, **drawn))


def _content(before: Document, after: Document) -> tuple[dict[str, object], Comparison]:
    """Return what the page is given, and the comparison without it."""
    found = moves(before, after)
    changed, tests = predictions(before, after), outcomes(before, after)
    broken = [each for each in tests if each[1] == "passed" and each[2] in ("failed", "error")]
    slower = [each for each in found if each.found.outcome == "slower"]
    faster = [each for each in found if each.found.outcome == "faster"]
    worse = bool(slower or broken)
    points = (*_points(found, slower, faster, changed, broken), *cautions(before, after))
    if worse:
        headline, tone = "Something is worse, beyond noise", "bad"
    elif not found and not changed:
        headline, tone = "Nothing could be compared", "warn"
    elif faster or changed:
        headline, tone = "Something has moved beyond noise, and no time is worse", "warn"
    else:
        headline, tone = "Nothing has moved beyond noise", "good"
    simulated = is_simulated(before) or is_simulated(after)
    drawn: dict[str, object] = {
        "simulated": simulated,
        "runs": [before["run"], after["run"]],
        "headline": headline,
        "tone": tone,
        "points": points,
        "differences": _table(["", "before", "after"], differences(before, after)),
        "chart": _chart(found, simulated),
        "moves": [_line(each) for each in found],
        "lost": _table(["link", "lost before", "lost after"], lost(before, after)),
        "predictions": _table(["photo", "first before", "first after"], changed),
        "tests": _table(["test", "before", "after"], tests),
    }
    return drawn, Comparison(worse, headline, points, tuple(found), "")


def _points(
    found: Sequence[Move],
    slower: Sequence[Move],
    faster: Sequence[Move],
    changed: Sequence[tuple[str, str, str]],
    broken: Sequence[tuple[str, str, str]],
) -> Iterator[str]:
    for name, _, now in broken[:_MOST_SENTENCES]:
        yield f"{name} passed and is {now} now."
    yield from (each.sentence for each in slower[:_MOST_SENTENCES])
    yield from (each.sentence for each in faster[:_MOST_SENTENCES])
    if changed:
        yield f"{len(changed)} photos have another first class on the board."
    same = sum(each.found.outcome == "same" for each in found)
    few = sum(each.found.outcome == "too_few" for each in found)
    if same:
        yield f"{same} of {len(found)} stages show no difference."
    if few:
        yield f"{few} of {len(found)} stages have too few rounds to tell."


def _line(move: Move) -> tuple[tuple[str, ...], str, str]:
    """Return cells, verdict and tone of a row."""
    low, high = move.found.interval
    told = move.found.outcome != "too_few"
    cells = (
        move.link,
        move.stage,
        f"{len(move.before_us):,} and {len(move.after_us):,}",
        f"{median(move.before_us) / 1000:,.3f}",
        f"{median(move.after_us) / 1000:,.3f}",
        f"{move.found.shift / 1000:+,.3f}\n({low / 1000:+,.3f} to {high / 1000:+,.3f})"
        if told
        else "",
        f"{move.found.superiority:.0%}" if told else "",
        move.p if told else "",
    )
    return cells, move.word, move.tone


def _chart(found: Sequence[Move], simulated: bool) -> Markup | None:
    """Draw each shift as a share of the median before, with its interval."""
    rows = []
    for move in found:
        middle = median(move.before_us)
        if move.found.outcome != "too_few" and middle > 0:
            unit = middle / 100
            low, high = (each / unit for each in move.found.interval)
            shift = Range("shift", move.found.shift / unit, low, high)
            rows.append(Strip(f"{move.link} {move.stage}", (), (shift,)))
    if not rows:
        return None
    caption = Caption(
        "shifts",
        "By how much each stage has moved",
        "For each stage of each link the shift from before to after, in percent of the median "
        "before, with the interval in which it lies; right of zero is slower.",
        simulated,
    )
    return strips(caption, "% of the median before", rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Table | None:
    return Table(headings, rows) if rows else None
