# SPDX-License-Identifier: MIT
"""The horizontal axis below a chart of rows: lines, figures, unit. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

from hil.report.charts.scale import Scale, number
from hil.report.charts.svg import element


def axis(ticks: Sequence[float], scale: Scale, top: int, foot: int, unit: str) -> list[Markup]:
    """Return the marks of an axis.

    Args:
        ticks: figures that get a line.
        scale: to their places; the unit stands at its end.
        top: where the lines begin.
        foot: where they end, and the figures stand below.
        unit: of the figures.
    """
    marks = [
        mark
        for at in ticks
        for mark in (
            element("line", x1=scale(at), x2=scale(at), y1=top, y2=foot, class_="grid"),
            element("text", number(at), x=scale(at), y=foot + 16, text_anchor="middle"),
        )
    ]
    return [*marks, element("text", unit, x=scale.end, y=foot + 32, text_anchor="end")]
