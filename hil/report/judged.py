# SPDX-License-Identifier: MIT
"""What is known of each stage of a link: figures, limits, the worst verdict, the rounds judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hil.budgets.section import OVER
from hil.budgets.verdict import OUTCOMES, quantity
from hil.links import SMALL_ECHO_BYTES
from hil.report.grouping import Document, Row, combination, same_link
from hil.report.verdict import word

_HOSTS = ("edge", "edge_invoke")
"""Stages that no budget judges; the bars show them."""

_SHARES = ("goodput", "loss")
"""What is judged beside the stages."""

_WHOLE = {"inferences": (0, None), "round_trips": (0, None)}
"""All records."""


@dataclass(frozen=True)
class Judged:
    """One stage of one link.

    Attributes:
        stage: one of the stages, ``goodput`` or ``loss``.
        rounds: values that the figures come from, in words; and how many independent ones they
            are worth, if fewer.
        lost: messages without an answer, in words.
        figures: p50, p95, p99 and max, as they were judged; None where rounds are too few.
        intervals: by figure, the ends of the interval in which the true one lies; may be empty.
        verdict: in words.
        outcome: of the worst verdict; empty where nothing was asked for.
        limit: the limit that came closest to being broken, in words.
        checks: every limit with what was measured.
        values: microseconds of the rounds that were judged, as they came.
    """

    stage: str
    rounds: str
    lost: str
    figures: Mapping[str, float | None]
    intervals: Mapping[str, Sequence[float | None]]
    verdict: str
    outcome: str
    limit: str
    checks: Sequence[Row]
    values: Sequence[int]

    def told(self, figure: str) -> str:
        """Return a figure with its interval, in words; empty where there is none."""
        if self.stage in _SHARES:
            if figure != "p50" or not self.checks:
                return ""
            return quantity(self.stage, self.checks[0]["value"])
        value = self.figures.get(figure)
        if value is None:
            return "too few rounds"
        low, high = self.intervals.get(figure) or (None, None)
        if low is None and high is None:
            return f"{value / 1000:,.3f}"
        ends = f"{_end(low, 'none')} to {_end(high, 'open')}"
        return f"{value / 1000:,.3f}\n({ends})"


def judged_stages(document: Document, summary: Row) -> list[Judged]:
    """Return the stages of a link, each with its worst verdict."""
    own = [each for each in document["budgets"]["verdicts"] if belongs(each, summary)]
    found = []
    for stage, spread in summary["stages_us"].items():
        if stage not in _HOSTS:
            found.append(_judged(document, summary, stage, spread, _worst(own, stage)))
    for stage in _SHARES:
        verdict = _worst(own, stage)
        if verdict is not None and verdict["checks"]:
            found.append(_judged(document, summary, stage, {"n": 0, "lost": ""}, verdict))
    return found


def belongs(verdict: Row, summary: Row) -> bool:
    """Whether a verdict is about a link."""
    peer = verdict["section"].partition(OVER)[0].endswith("-peer")
    return bool(
        not summary["advisory"]
        and verdict["via"] == summary["via"]
        and peer == (summary["tail"] == "peer")
        and combination(verdict) == combination(summary)
        and verdict["board"] == summary["board"]
    )


def _judged(
    document: Document, summary: Row, stage: str, spread: Row, verdict: Row | None
) -> Judged:
    values = _values(document, summary, stage, verdict)
    told: Mapping[str, Any] = verdict or {}
    return Judged(
        stage,
        _rounds(verdict or {**spread, "rounds": spread["n"]}),
        str(spread["lost"]),
        {**spread, **told.get("figures", {})},
        told.get("intervals") or spread.get("intervals") or {},
        _verdict(verdict) if verdict else "",
        told.get("outcome", ""),
        _limit(stage, told.get("checks", ())),
        told.get("checks", ()),
        values,
    )


def _values(document: Document, summary: Row, stage: str, verdict: Row | None) -> Sequence[int]:
    """Return what the verdict was given for; without one, everything measured on the link."""
    span = _span(document, verdict) if verdict else _WHOLE

    def of_link(name: str) -> list[Row]:
        start, stop = span[name]
        return [each for each in document[name][start:stop] if same_link(each, summary)]

    if stage.startswith("rtt_"):
        size = SMALL_ECHO_BYTES if stage == "rtt_small" else _activation(document, summary)
        trips = of_link("round_trips")
        return [each["us"] for each in trips if each["size"] == size and each["us"] is not None]
    return [
        each["stages_us"][stage] for each in of_link("inferences") if stage in each["stages_us"]
    ]


def _span(document: Document, verdict: Row) -> Mapping[str, Any]:
    """Return which records a verdict was given for; all where that is not known."""
    measured = document["budgets"]["measured"]
    test = ("nodeid", "board")
    return next((each for each in measured if all(each[k] == verdict[k] for k in test)), _WHOLE)


def _activation(document: Document, summary: Row) -> int | None:
    contents = {each["name"]: each for each in document["combinations"]}
    cut = contents.get(combination(summary), document)["cut"]
    return cut["activation_bytes"] if cut else None


def _worst(verdicts: Sequence[Row], stage: str) -> Row | None:
    own = [each for each in verdicts if each["stage"] == stage]
    return max(own, key=lambda each: _rank(each["outcome"]), default=None)


def _rank(outcome: str) -> int:
    return OUTCOMES.index(outcome) if outcome in OUTCOMES else len(OUTCOMES)


def _rounds(about: Row) -> str:
    rounds, effective = about["rounds"], about.get("effective")
    told = f"{rounds:,}"
    return told if effective in (None, rounds) else f"{told}\n(worth {effective:,})"


def _verdict(verdict: Row) -> str:
    """Return the outcome, and whether the rounds bear it: few may pass or fail by chance."""
    told = word(verdict["outcome"])
    unsure = any(each.get("certain") == "undecided" for each in verdict["checks"])
    return f"{told}\n(not certain)" if unsure and verdict["outcome"] != "undecided" else told


def _limit(stage: str, checks: Sequence[Row]) -> str:
    if not checks:
        return ""
    check = max(checks, key=lambda each: (_rank(each["outcome"]), closeness(each)))
    sign = ">=" if stage == "goodput" else "<="
    name = "" if stage in _SHARES else check["statistic"]
    return f"{name} {sign} {quantity(stage, check['limit'])}".strip()


def closeness(check: Row) -> float:
    """Return what was measured as a share of its limit."""
    return float(check["value"] / check["limit"]) if check["limit"] else 0.0


def _end(value: float | None, missing: str) -> str:
    return missing if value is None else f"{value / 1000:,.3f}"
