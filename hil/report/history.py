# SPDX-License-Identifier: MIT
"""The last runs on this board."""

from dataclasses import dataclass

from markupsafe import Markup

from hil.report.charts.figure import Caption
from hil.report.charts.lines import lines
from hil.report.grouping import Document, has_several_boards, is_simulated


@dataclass(frozen=True)
class Past:
    """The chart of earlier runs, or why there is none; and what could not be read."""

    chart: Markup | None
    missing: str
    unread: tuple[str, ...]


def past_of(document: Document) -> Past:
    """Return what is known of earlier runs."""
    history = document["history"]
    runs, unread = history["runs"], tuple(history["unread"])
    links = dict.fromkeys(via for run in runs for via in run["total_us"])
    series = {via: [_median(run["total_us"].get(via)) for run in runs] for via in links}
    series = {via: row for via, row in series.items() if any(each is not None for each in row)}
    if not series:
        return Past(None, history["missing"] or "No run that is saved has a figure.", unread)
    board = f" on {history['board']}" if has_several_boards(document) else ""
    caption = Caption(
        "history-chart",
        "Median time of an inference in the last runs on this board",
        f"A line for each link, over the runs with this model and cut{board} that pytest-benchmark "
        "has saved, the newest on the right.",
        is_simulated(document),
    )
    names = [f"{run['at'][:16].replace('T', ' ')} {run['commit'][:10]}" for run in runs]
    return Past(lines(caption, "ms", names, series), "", unread)


def _median(figures: dict[str, int | None] | None) -> float | None:
    value = figures["p50"] if figures else None
    return None if value is None else value / 1000
