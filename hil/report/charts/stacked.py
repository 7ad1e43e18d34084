# SPDX-License-Identifier: MIT
"""Parts that add up: as bars, one below the other, or as columns, side by side. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hil.report.charts.axis import axis
from hil.report.charts.figure import SERIES, WIDTH, Caption, Table, figure, tooltip
from hil.report.charts.scale import Scale, number, ticks
from hil.report.charts.svg import element

_ROW, _BAR, _TOP, _FOOT = 34, 22, 22, 40
_LEFT, _RIGHT = 110, 80
_COLUMNS_HIGH, _COLUMNS_LEFT = 240, 56
_MOST_LETTERS = 24
"""Of a label below a column; the rest is in its table and beside the pointer."""


@dataclass(frozen=True)
class Stack:
    """One bar or column.

    Attributes:
        label: what it stands for.
        values: one for each part, none below 0; in the chart's unit.
        detail: more lines for who points at it.
        emphasis: a word that marks it out, such as ``best``; empty for the others.
    """

    label: str
    values: tuple[float, ...]
    detail: tuple[str, ...] = ()
    emphasis: str = ""

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.values)


def stacked_bars(
    caption: Caption, unit: str, parts: Sequence[str], stacks: Sequence[Stack]
) -> Markup:
    """Draw bars from left to right, one a row, each with its total behind it.

    Args:
        caption: what they are about.
        unit: of all figures, as ``ms``.
        parts: names of the parts, in the order in which they are stacked.
        stacks: at least one.
    """
    scale_ticks = ticks(0, max(each.total for each in stacks))
    foot = _TOP + len(stacks) * _ROW
    scale = Scale(0, scale_ticks[-1], _LEFT, WIDTH - _RIGHT)
    marks = axis(scale_ticks, scale, _TOP, foot, unit)
    for row, stack in enumerate(stacks):
        top = _TOP + row * _ROW + (_ROW - _BAR) / 2
        middle = top + _BAR / 2 + 4
        marks.append(element("text", stack.label, x=_LEFT - 8, y=middle, text_anchor="end"))
        for part, start, end in _spans(stack):
            marks.append(
                element(
                    "rect",
                    x=scale(start),
                    y=top,
                    width=max(scale(end) - scale(start), 0.5),
                    height=_BAR,
                    class_=f"mark s{part % SERIES}",
                    data_tip=_tip(stack, parts[part], stack.values[part], unit),
                )
            )
        marks.append(
            element(
                "text", number(stack.total), x=scale(stack.total) + 6, y=middle, class_="strong"
            )
        )
    return figure(caption, foot + _FOOT, marks, _table(unit, parts, stacks), parts)


def stacked_columns(
    caption: Caption, unit: str, parts: Sequence[str], stacks: Sequence[Stack]
) -> Markup:
    """Draw columns from below, side by side; arguments are those of :func:`stacked_bars`.

    Labels are written upwards, so that many columns find room; one with an emphasis is told by a
    triangle above it and the word.
    """
    scale_ticks = ticks(0, max(each.total for each in stacks))
    foot = _TOP + _COLUMNS_HIGH
    scale = Scale(0, scale_ticks[-1], foot, _TOP + 14)
    slot = (WIDTH - _COLUMNS_LEFT - 8) / len(stacks)
    wide = min(slot * 0.8, 40.0)
    marks = [
        mark
        for at in scale_ticks
        for mark in (
            element(
                "line", x1=_COLUMNS_LEFT, x2=WIDTH - 8, y1=scale(at), y2=scale(at), class_="grid"
            ),
            element("text", number(at), x=_COLUMNS_LEFT - 6, y=scale(at) + 4, text_anchor="end"),
        )
    ]
    marks.append(element("text", unit, x=_COLUMNS_LEFT - 6, y=12, text_anchor="end"))
    for column, stack in enumerate(stacks):
        middle = _COLUMNS_LEFT + (column + 0.5) * slot
        for part, start, end in _spans(stack):
            marks.append(
                element(
                    "rect",
                    x=middle - wide / 2,
                    y=scale(end),
                    width=wide,
                    height=max(scale(start) - scale(end), 0.5),
                    class_=f"mark s{part % SERIES}",
                    data_tip=_tip(stack, parts[part], stack.values[part], unit),
                )
            )
        if stack.emphasis:
            marks += _emphasis(stack, middle, scale(stack.total) - 4)
        marks.append(
            element(
                "text",
                shortened(stack.label),
                transform=f"translate({middle + 4:.2f} {foot + 6}) rotate(-90)",
                text_anchor="end",
                class_="strong" if stack.emphasis else None,
            )
        )
    longest = max(len(shortened(each.label)) for each in stacks)
    return figure(caption, foot + 18 + 7 * longest, marks, _table(unit, parts, stacks), parts)


def shortened(label: str) -> str:
    """Return as much of a label as finds room, its end first: that is where names differ."""
    return label if len(label) <= _MOST_LETTERS else f"…{label[1 - _MOST_LETTERS :]}"


def _emphasis(stack: Stack, middle: float, foot: float) -> Iterator[Markup]:
    points = f"{middle - 5:.2f},{foot - 8:.2f} {middle + 5:.2f},{foot - 8:.2f} {middle:.2f},{foot}"
    yield element("polygon", points=points, class_="emphasis")
    yield element(
        "text", stack.emphasis, x=middle, y=foot - 11, text_anchor="middle", class_="strong"
    )


def _spans(stack: Stack) -> Iterator[tuple[int, float, float]]:
    """Yield number, start and end of each part that is more than nothing."""
    start = 0.0
    for part, value in enumerate(stack.values):
        if value > 0:
            yield part, start, start + value
        start += value


def _tip(stack: Stack, part: str, value: float, unit: str) -> str:
    share = f" ({value / stack.total:.0%})" if stack.total else ""
    whole = f"{stack.label}: {number(stack.total)} {unit}"
    return tooltip(f"{part} {number(value)} {unit}{share}", whole, *stack.detail, stack.emphasis)


def _table(unit: str, parts: Sequence[str], stacks: Sequence[Stack]) -> Table:
    emphasis = any(each.emphasis for each in stacks)
    headings = ["", *(f"{part} ({unit})" for part in parts), f"total ({unit})"]
    rows = [
        [
            each.label,
            *map(number, each.values),
            number(each.total),
            *([each.emphasis] if emphasis else []),
        ]
        for each in stacks
    ]
    return Table(headings + (["remark"] if emphasis else []), rows)
