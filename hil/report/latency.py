# SPDX-License-Identifier: MIT
"""Where the time goes on each link, how it is spread, and what the budgets say of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from hil.budgets.verdict import quantity
from hil.report.charts.figure import Caption, Table
from hil.report.charts.stacked import Stack, stacked_bars
from hil.report.grouping import Document, Row, combination, has_several_boards, same_link
from hil.report.judged import Judged, judged_stages
from hil.report.rounds import rounds_charts
from hil.report.verdict import tone, word
from hil.results.boards.table import ADVISORY
from hil.results.views import link_name

_HEADINGS = ("link", "stage", "rounds", "lost", "p50", "p95", "p99", "max", "limit", "verdict")
_PARTS = ("load", "head", "send", "edge server", "rest of the answer")


@dataclass(frozen=True)
class Line:
    """One stage of one link in the table: cells, and the verdict with its tone."""

    cells: tuple[str, ...]
    verdict: str
    tone: str


@dataclass(frozen=True)
class Clock:
    """All links of one board whose figures come from one kind of clock, with one content of it.

    Attributes:
        ident: of its part of the page.
        title: what it is about.
        simulated: whether the clock is.
        charts: where the time goes, and how it is spread.
        links: what each link has carried, and at which cost.
        headings: of the table of stages.
        lines: its rows.
        confidence: what the intervals mean; empty where there are none.
    """

    ident: str
    title: str
    simulated: bool
    charts: tuple[Markup, ...]
    links: Table
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    confidence: str


class _About(NamedTuple):
    """Content of the board, its name, kind of clock, whether other boards were tested, too."""

    content: str
    board: str
    simulated: bool
    advisory: bool


def clocks(document: Document) -> list[Clock]:
    """Return the links of a run, by content of the board, by board and by clock."""
    groups: dict[_About, list[Row]] = {}
    for each in document["latency"]:
        about = _About(combination(each), each["board"] or "", each["simulated"], each["advisory"])
        groups.setdefault(about, []).append(each)
    several = len({about.content for about in groups}) > 1
    boards = has_several_boards(document)
    found = []
    for number, (about, summaries) in enumerate(groups.items()):
        simulated = about.simulated
        judged = [(each, judged_stages(document, each)) for each in summaries]
        name = ", ".join([about.content] * several + [about.board] * boards) or "All links"
        clock = "simulated" if simulated else "by the board's clock"
        advisory = f"; {ADVISORY}" if about.advisory else ""
        charts = (
            *_breakdown(document, summaries, simulated, number),
            *(() if about.advisory else rounds_charts(document, judged, number)),
        )
        found.append(
            Clock(
                f"latency-{number}",
                f"{name}, {clock}{advisory}",
                simulated,
                charts,
                _links(judged),
                _HEADINGS,
                tuple(line for each, stages in judged for line in _lines(each, stages)),
                _confidence(document),
            )
        )
    return found


def _breakdown(
    document: Document, summaries: Sequence[Row], simulated: bool, number: int
) -> Iterator[Markup]:
    """Draw the mean time of each stage: means add up to the mean of the whole, medians do not."""
    stacks = [stack for each in summaries if (stack := _stack(document, each)) is not None]
    if not stacks:
        return
    yield stacked_bars(
        Caption(
            f"stages-{number}",
            "Where an inference's time goes, on average",
            "A bar for each link: loading the input, the head on the board, sending the "
            "activation, the edge server's time, and the rest of the wait for its answer.",
            simulated,
        ),
        "ms",
        _PARTS,
        stacks,
    )
    without = [
        Stack(each.label, (each.values[0], 0.0, *each.values[2:]), each.detail) for each in stacks
    ]
    if any(each.total > 0 for each in without):
        yield stacked_bars(
            Caption(
                f"transfer-{number}",
                "The same without the head",
                "The same bars without the time of the head, which is the same on every link and "
                "hides what the links differ in.",
                simulated,
            ),
            "ms",
            _PARTS,
            without,
        )


def _stack(document: Document, summary: Row) -> Stack | None:
    times = [each["stages_us"] for each in document["inferences"] if same_link(each, summary)]
    times = [each for each in times if {"load", "invoke", "send", "wait"} <= each.keys()]
    if not times:
        return None

    def mean(stage: str) -> float:
        return float(sum(each.get(stage, 0) for each in times)) / len(times) / 1000

    edge = min(mean("edge"), mean("wait"))
    parts = (mean("load"), mean("invoke"), mean("send"), edge, mean("wait") - edge)
    if sum(parts) <= 0:
        return None
    return Stack(link_name(summary), parts, (f"mean of {len(times):,} inferences",))


def _links(judged: Sequence[tuple[Row, Sequence[Judged]]]) -> Table:
    rows = []
    for summary, stages in judged:
        wire, goodput = summary["wire"], summary["goodput_bytes_per_s"]
        told = wire is not None and wire["bytes"] > 0
        asked, lost = summary["asked"], summary["lost"]
        outcomes = [each.outcome for each in stages if each.outcome]
        counts = ", ".join(f"{outcomes.count(x)} {word(x)}" for x in dict.fromkeys(outcomes))
        rows.append(
            [
                link_name(summary),
                "not known" if goodput is None else quantity("goodput", goodput),
                f"{wire['payload_bytes'] / wire['bytes']:.3f}" if told else "not told",
                f"{wire['resent']:,} of {wire['frames']:,}" if told else "not told",
                f"{lost:,} of {asked:,} ({lost / asked:.2%})" if asked else "none asked",
                counts or "none asked for",
            ]
        )
    headings = [
        "link",
        "goodput",
        "payload to wire",
        "frames sent again",
        "messages lost",
        "verdicts",
    ]
    return Table(headings, rows)


def _lines(summary: Row, stages: Sequence[Judged]) -> Iterator[Line]:
    for each in stages:
        figures = (each.told(name) for name in ("p50", "p95", "p99", "max"))
        cells = (link_name(summary), each.stage, each.rounds, each.lost, *figures)
        yield Line((*cells, each.limit), each.verdict, tone(each.outcome))


def _confidence(document: Document) -> str:
    about = document["budgets"].get("confidence")
    if not about:
        return ""
    how = (
        f"measured until each verdict was decided, from {about['rounds']} to at most "
        f"{about['max_rounds']} rounds"
        if about["sequential"]
        else "with the rounds that were asked for"
    )
    return (
        "Below each percentile the interval in which the true one lies: each end is wrong with a "
        f"probability of at most {1 - about['level']:.0%}, whatever the distribution; {how}. A "
        "verdict is not certain where the limit lies within that interval."
    )
