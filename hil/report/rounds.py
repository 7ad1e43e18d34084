# SPDX-License-Identifier: MIT
"""The rounds of each link, one by one, against the limits of its budget."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from hil.report.charts.figure import Caption
from hil.report.charts.scale import number
from hil.report.charts.strips import Limit, Range, Strip, strips
from hil.report.grouping import Document, Row
from hil.report.judged import Judged
from hil.results.views import link_name

_LONG = ("invoke", "total")
"""Stages beside which the others cannot be seen, where limits give no common measure."""


def rounds_charts(
    document: Document, judged: Sequence[tuple[Row, Sequence[Judged]]], part: int
) -> Iterator[Markup]:
    """Draw a chart for each link: its stages as shares of their limits, or, without, in ms."""
    for at, (summary, stages) in enumerate(judged):
        measured = [each for each in stages if each.values]
        limited = [each for each in measured if any(check["limit"] for check in each.checks)]
        name, ident = link_name(summary), f"rounds-{part}-{at}"
        if limited:
            caption = Caption(
                ident,
                f"Rounds over {name}, against their budget",
                f"For each stage over {name} a dot for each round, as a share of the stage's "
                "largest limit; lines are limits, triangles percentiles.",
                summary["simulated"],
            )
            yield strips(caption, "% of the limit", [_share(each) for each in limited])
        elif measured:
            short = [each for each in measured if each.stage not in _LONG] or measured
            caption = Caption(
                ident,
                f"Rounds over {name}",
                f"For each stage over {name} a dot for each round; there is no budget for them.",
                summary["simulated"],
            )
            yield strips(caption, "ms", [_absolute(each) for each in short])


def _share(stage: Judged) -> Strip:
    base = max(check["limit"] for check in stage.checks)
    limits = [
        Limit(check["statistic"], check["limit"] / base * 100, check["outcome"] == "fail")
        for check in stage.checks
    ]
    return _strip(stage, base / 100, limits)


def _absolute(stage: Judged) -> Strip:
    return _strip(stage, 1000, [])


def _strip(stage: Judged, unit_us: float, limits: Sequence[Limit]) -> Strip:
    ranges = []
    for name in ("p50", "p95"):
        value = stage.figures.get(name)
        if value is not None:
            low, high = stage.intervals.get(name) or (None, None)
            ends = (None if end is None else end / unit_us for end in (low, high))
            ranges.append(Range(name, value / unit_us, *ends))
    told = [f"round {index}: {number(us / 1000)} ms" for index, us in enumerate(stage.values, 1)]
    values = [us / unit_us for us in stage.values]
    return Strip(stage.stage, values, ranges, limits, told)
