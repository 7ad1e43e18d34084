# SPDX-License-Identifier: MIT
"""Figures over runs, as lines with a dot for each run. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from hil.report.charts.figure import SERIES, WIDTH, Caption, Table, figure, tooltip
from hil.report.charts.scale import Scale, number, ticks
from hil.report.charts.svg import element

_TOP, _HIGH, _FOOT, _LEFT, _RIGHT = 22, 150, 34, 64, 24


def lines(
    caption: Caption,
    unit: str,
    runs: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
) -> Markup:
    """Draw one line for each series, from the oldest run to the newest.

    Args:
        caption: what they are about.
        unit: of all figures.
        runs: what each run is called; at least one.
        series: by name a figure for each run, None where the run has none; at least one figure.
    """
    values = [each for row in series.values() for each in row if each is not None]
    scale_ticks = ticks(min(values), max(values), 4)
    foot = _TOP + _HIGH
    y = Scale(scale_ticks[0], scale_ticks[-1], foot, _TOP + 6)
    x = Scale(0, max(len(runs) - 1, 1), _LEFT + 8, WIDTH - _RIGHT)
    marks = [
        mark
        for at in scale_ticks
        for mark in (
            element("line", x1=_LEFT, x2=WIDTH - 8, y1=y(at), y2=y(at), class_="grid"),
            element("text", number(at), x=_LEFT - 6, y=y(at) + 4, text_anchor="end"),
        )
    ]
    marks.append(element("text", unit, x=_LEFT - 6, y=12, text_anchor="end"))
    marks.append(element("text", runs[0], x=_LEFT + 8, y=foot + 18))
    if len(runs) > 1:
        marks.append(element("text", runs[-1], x=WIDTH - 8, y=foot + 18, text_anchor="end"))
    for number_, (name, row) in enumerate(series.items()):
        marks += _line(name, number_ % SERIES, runs, row, x, y, unit)
    body = [
        [run, *("" if row[at] is None else number(row[at] or 0.0) for row in series.values())]
        for at, run in enumerate(runs)
    ]
    table = Table(["run", *(f"{name} ({unit})" for name in series)], body)
    return figure(caption, foot + _FOOT - 8, marks, table, list(series))


def _line(
    name: str,
    colour: int,
    runs: Sequence[str],
    row: Sequence[float | None],
    x: Scale,
    y: Scale,
    unit: str,
) -> Iterator[Markup]:
    known = [(x(at), y(value), at, value) for at, value in enumerate(row) if value is not None]
    points = " ".join(f"{left:.2f},{top:.2f}" for left, top, _, _ in known)
    yield element("polyline", points=points, class_=f"line s{colour}")
    for left, top, at, value in known:
        yield element(
            "circle",
            cx=left,
            cy=top,
            r=4,
            class_=f"point s{colour}",
            data_tip=tooltip(f"{name} {number(value)} {unit}", runs[at]),
        )
