# SPDX-License-Identifier: MIT
"""The frame of a chart: title, words for who does not see it, the same figures as a table. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hil.report.charts.svg import element

WIDTH = 720
"""Of every chart, in its own units; the page stretches it."""

SERIES = 6
"""Colours that the style sheet has; the next series begins with the first again."""


@dataclass(frozen=True)
class Caption:
    """What a chart is about.

    Attributes:
        ident: its id in the page, of lower-case letters, digits and ``-``.
        title: a few words.
        description: what there is to see, in a sentence or two, for who does not see it.
        simulated: whether the figures come from a simulated clock; the chart then says so.
    """

    ident: str
    title: str
    description: str
    simulated: bool


@dataclass(frozen=True)
class Table:
    """Figures as a table: headings, and rows whose first cell says what the row is about."""

    headings: Sequence[str]
    rows: Sequence[Sequence[object]]

    def markup(self, caption: str) -> Markup:
        """Return it as HTML; it may be scrolled sideways where it is too wide."""
        head = element("tr", *(element("th", each, scope="col") for each in self.headings))
        body = [
            element("tr", element("th", row[0], scope="row"), *(element("td", x) for x in row[1:]))
            for row in self.rows
        ]
        table = element(
            "table",
            element("caption", caption),
            element("thead", head),
            element("tbody", *body),
        )
        return element("div", table, class_="wide", tabindex="0", role="region", aria_label=caption)


def figure(
    caption: Caption,
    height: float,
    marks: Sequence[Markup],
    table: Table,
    legend: Sequence[str] = (),
) -> Markup:
    """Return a chart as HTML's ``figure``.

    Args:
        caption: what it is about.
        height: in its own units, of which it is :data:`WIDTH` wide.
        marks: what is drawn.
        table: the figures that it shows.
        legend: names of the series, in the order of their colours.
    """
    title, description = f"{caption.ident}-title", f"{caption.ident}-text"
    drawn = element(
        "svg",
        element("title", _title(caption), id=title),
        element("desc", caption.description, id=description),
        *marks,
        *([_badge()] if caption.simulated else []),
        viewBox=f"0 0 {WIDTH} {height:g}",
        role="img",
        aria_labelledby=f"{title} {description}",
        class_="chart",
    )
    keys = [
        element("li", element("span", class_=f"key s{number % SERIES}"), name)
        for number, name in enumerate(legend)
    ]
    figures = element(
        "details",
        element("summary", "The figures as a table"),
        table.markup(_title(caption)),
    )
    return element(
        "figure",
        element("figcaption", _title(caption)),
        *([element("ul", *keys, class_="legend")] if keys else []),
        element(
            "div", drawn, class_="plot", tabindex="0", role="group", aria_label=_title(caption)
        ),
        figures,
        id=caption.ident,
    )


def tooltip(*lines: str) -> str:
    """Return what a mark's attribute ``data-tip`` says; the page shows it beside the pointer."""
    return "\n".join(line for line in lines if line)


def _title(caption: Caption) -> str:
    return f"{caption.title} (simulated)" if caption.simulated else caption.title


def _badge() -> Markup:
    return element("text", "simulated", x=WIDTH - 4, y=12, text_anchor="end", class_="badge")
