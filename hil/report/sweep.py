# SPDX-License-Identifier: MIT
"""A sweep (``hil split --sweep --html``) as a page. Pure."""

from dataclasses import dataclass

from markupsafe import Markup

from hil.planning.choice import best_cut
from hil.planning.sweep import CutFigures, Sweep
from hil.report.charts.figure import Caption, Table
from hil.report.charts.stacked import Stack, stacked_columns
from hil.report.page import render

PARTS = ("head", "transfer", "tail")


@dataclass(frozen=True)
class LinkView:
    """What the page says about one link.

    Attributes:
        via: the link.
        verdict: its best cut, in a sentence.
        lighter: the best of those that are less of everything; empty where there is none else.
        chart: time over cuts.
    """

    via: str
    verdict: str
    lighter: str
    chart: Markup


def sweep_page(sweep: Sweep) -> str:
    """Return the page."""
    fitting = any(sweep.fastest(via) for via in sweep.links)
    several = len(sweep.links) > 1 and fitting
    return render(
        "sweep.html",
        model=sweep.model,
        simulated=sweep.simulated,
        times=sweep.times,
        board=sweep.board,
        tail=sweep.tail,
        baseline=sweep.baseline.cut.short_name,
        count=len(sweep.cuts),
        fitting=fitting,
        overall=best_cut(sweep, sweep.links).cut.short_name if several else "",
        links=[_view(sweep, via) for via in sweep.links],
        cuts=_table(sweep),
        obstacles=[
            (each.cut.short_name, "; ".join(each.obstacles))
            for each in sweep.cuts
            if each.obstacles
        ],
        lost=sum(time.lost for each in sweep.cuts for time in each.times.values()),
    )


def _view(sweep: Sweep, via: str) -> LinkView:
    fastest, better = sweep.fastest(via), sweep.better(via)
    verdict = "no head fits on a board" if fastest is None else _gained(sweep, fastest, via)
    lighter = "" if better in (None, fastest) or better is None else _gained(sweep, better, via)
    return LinkView(via, verdict, lighter, _chart(sweep, via, fastest))


def _gained(sweep: Sweep, each: CutFigures, via: str) -> str:
    total = f"{each.cut.short_name}, {each.times[via].total_us / 1000:,.1f} ms"
    gain = sweep.gain(each, via)
    if each is sweep.baseline or gain is None:
        return total
    return f"{total}: {gain:.0%} less than {sweep.baseline.cut.short_name}"


def _chart(sweep: Sweep, via: str, fastest: CutFigures | None) -> Markup:
    front = sweep.front
    known = [each for each in sweep.cuts if via in each.times]
    if not known:
        return Markup("")
    stacks = [
        Stack(
            each.cut.short_name,
            tuple(us / 1000 for us in _parts(each, via)),
            _details(each, each.cut.index in front),
            _emphasis(each, fastest, sweep.baseline),
        )
        for each in known
    ]
    caption = Caption(
        f"sweep-{via}",
        f"End to end by cut, over {via}",
        f"One column for each of {len(stacks)} cuts of {sweep.model}, the earliest first: the "
        "head on the board, activation and answer on their way, the tail on the edge server. "
        + ("" if fastest is None else f"The lowest is {_gained(sweep, fastest, via)}."),
        simulated=sweep.simulated,
    )
    return stacked_columns(caption, "ms", PARTS, stacks)


def _parts(each: CutFigures, via: str) -> tuple[int, int, int]:
    time = each.times[via]
    return time.load_us + time.invoke_us, time.transfer_us, time.tail_us


def _details(each: CutFigures, on_front: bool) -> tuple[str, ...]:
    cut = each.cut
    return (
        f"{cut.bytes:,} bytes cross",
        f"{cut.head_macs / 1e6:,.1f} M multiply-accumulates in the head",
        f"{cut.head_bytes:,} bytes in flash",
        "" if each.arena_bytes is None else f"{each.arena_bytes:,} bytes of arena",
        "on the Pareto front" if on_front else "",
        *each.obstacles,
    )


def _emphasis(each: CutFigures, fastest: CutFigures | None, baseline: CutFigures) -> str:
    if each is fastest:
        return "best"
    return "compared" if each is baseline else ""


def _table(sweep: Sweep) -> Markup:
    front = sweep.front
    rows = [
        [
            each.cut.short_name,
            each.cut.index,
            f"{each.cut.bytes:,}",
            f"{each.cut.head_macs:,}",
            f"{each.cut.head_bytes:,}",
            "unknown" if each.arena_bytes is None else f"{each.arena_bytes:,}",
            "yes" if each.fits else "no",
            "yes" if each.cut.index in front else "",
            *(
                f"{each.times[via].total_us / 1000:,.1f}" if via in each.times else "none"
                for via in sweep.links
            ),
        ]
        for each in sweep.cuts
    ]
    headings = ["cut after", "index", "bytes sent", "head's MACs", "head in flash", "TFLM's arena"]
    headings += ["fits", "Pareto front", *(f"{via} (ms)" for via in sweep.links)]
    return Table(headings, rows).markup("Every legal cut")
