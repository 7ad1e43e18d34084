# SPDX-License-Identifier: MIT
"""Every measured value as a dot, one strip a row, with percentiles and limits. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from hil.report.charts.axis import axis
from hil.report.charts.figure import WIDTH, Caption, Table, figure, tooltip
from hil.report.charts.scale import Scale, number, ticks
from hil.report.charts.svg import element

MOST_DOTS = 400
"""In a strip; of more values the quantiles at equal steps are drawn, least and largest included."""

_ROW, _HALF, _TOP, _FOOT, _LEFT, _RIGHT = 44, 11, 22, 40, 120, 24
_GOLDEN = 0.6180339887498949
"""Multiples of it, less their whole part, are spread evenly: a jitter that is always the same."""


@dataclass(frozen=True)
class Limit:
    """What a figure may be: its name (``p95``), the value, whether it is broken."""

    name: str
    value: float
    broken: bool


@dataclass(frozen=True)
class Range:
    """A percentile by its name, with the interval in which it lies at the stated confidence.

    An end that the values do not bear is None.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Strip:
    """The values of one row.

    Attributes:
        label: what they belong to.
        values: in the chart's unit, in the order in which they were measured; may be empty.
        percentiles: ticks below the dots.
        limits: lines across the strip.
        told: each value in words, where the chart's unit is not the one to name it by; as many
            as values, or none.
    """

    label: str
    values: Sequence[float]
    percentiles: Sequence[Range] = ()
    limits: Sequence[Limit] = ()
    told: Sequence[str] = field(default=())


def strips(caption: Caption, unit: str, rows: Sequence[Strip]) -> Markup:
    """Draw strips, one below the other, over one axis.

    Args:
        caption: what they are about.
        unit: of the axis.
        rows: at least one, with at least one figure among them.
    """
    places = [x for row in rows for x in _extent(row)]
    scale_ticks = ticks(min(0.0, *places), max(places), 6)
    foot = _TOP + len(rows) * _ROW
    scale = Scale(scale_ticks[0], scale_ticks[-1], _LEFT, WIDTH - _RIGHT)
    marks = axis(scale_ticks, scale, _TOP, foot, unit)
    for number_, row in enumerate(rows):
        marks += _strip(row, _TOP + number_ * _ROW + _ROW / 2, scale, unit)
    return figure(caption, foot + _FOOT, marks, _table(unit, rows))


def drawn(values: Sequence[float]) -> list[int]:
    """Return the indices of the values that get a dot."""
    if len(values) <= MOST_DOTS:
        return list(range(len(values)))
    ranked = sorted(range(len(values)), key=values.__getitem__)
    step = (len(values) - 1) / (MOST_DOTS - 1)
    return [ranked[round(each * step)] for each in range(MOST_DOTS)]


def _extent(row: Strip) -> Iterator[float]:
    """Yield all figures of a row that are to be seen."""
    yield from row.values
    yield from (each.value for each in row.limits)
    ends = (end for each in row.percentiles for end in (each.value, each.low, each.high))
    yield from (end for end in ends if end is not None)


def _strip(row: Strip, middle: float, scale: Scale, unit: str) -> Iterator[Markup]:
    yield element("text", row.label, x=_LEFT - 12, y=middle + 4, text_anchor="end")
    for index in drawn(row.values):
        value = row.values[index]
        jitter = ((index * _GOLDEN) % 1.0 - 0.5) * 2 * (_HALF - 3)
        told = row.told[index] if row.told else f"{number(value)} {unit}"
        yield element(
            "circle",
            cx=scale(value),
            cy=middle + jitter,
            r=3,
            class_="dot",
            data_tip=tooltip(told, row.label),
        )
    for each in row.percentiles:
        yield from _percentile(each, middle + _HALF + 3, scale, unit)
    for limit in row.limits:
        at = scale(limit.value)
        yield element(
            "line",
            x1=at,
            x2=at,
            y1=middle - _HALF - 5,
            y2=middle + _HALF + 5,
            class_="limit broken" if limit.broken else "limit",
            data_tip=tooltip(
                f"limit of {limit.name}: {number(limit.value)} {unit}",
                "broken" if limit.broken else "kept",
            ),
        )


def _percentile(each: Range, y: float, scale: Scale, unit: str) -> Iterator[Markup]:
    at = scale(each.value)
    interval = ""
    if each.low is not None or each.high is not None:
        interval = f"{bounds(each)} {unit}"
        low = scale.start if each.low is None else scale(each.low)
        high = scale.end if each.high is None else scale(each.high)
        line = "interval" if None not in (each.low, each.high) else "interval open"
        yield element("line", x1=low, x2=high, y1=y + 2, y2=y + 2, class_=line)
    yield element(
        "polygon",
        points=f"{at - 4:.2f},{y + 6:.2f} {at + 4:.2f},{y + 6:.2f} {at:.2f},{y:.2f}",
        class_="percentile",
        data_tip=tooltip(f"{each.name} {number(each.value)} {unit}", interval),
    )


def _table(unit: str, rows: Sequence[Strip]) -> Table:
    body = []
    for row in rows:
        ordered = sorted(row.values)
        ends = (number(ordered[0]), number(ordered[-1])) if ordered else ("", "")
        percentiles = ", ".join(_told(each) for each in row.percentiles)
        limits = ", ".join(
            f"{each.name} {number(each.value)}{' (broken)' if each.broken else ''}"
            for each in row.limits
        )
        body.append([row.label, len(row.values), *ends, percentiles, limits])
    return Table(
        [
            "",
            "values",
            f"least ({unit})",
            f"largest ({unit})",
            f"percentiles ({unit})",
            f"limits ({unit})",
        ],
        body,
    )


def bounds(each: Range) -> str:
    """Return the interval of a percentile in words, without its unit; empty if it has none."""
    if each.low is not None and each.high is not None:
        return f"{number(each.low)} to {number(each.high)}"
    if each.low is not None:
        return f"at least {number(each.low)}"
    return "" if each.high is None else f"at most {number(each.high)}"


def _told(each: Range) -> str:
    interval = f" ({bounds(each)})" if bounds(each) else ""
    return f"{each.name} {number(each.value)}{interval}"
