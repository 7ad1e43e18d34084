# SPDX-License-Identifier: MIT
"""The part of the closing table that tells of links: figures, budgets, verdicts."""

from collections.abc import Mapping, Sequence
from typing import Any

from hil.budgets.certainty import percent
from hil.budgets.section import OVER
from hil.budgets.verdict import OUTCOMES, quantity

_INDENT = " " * 11
_UNTOLD = ("edge", "edge_invoke")
"""Stages that results.json has and the table leaves out: they are the host's."""

_WORDS = {
    "pass": "pass",
    "marginal": "MARGINAL",
    "fail": "FAIL",
    "undecided": "UNDECIDED",
    "refused": "TOO FEW",
    "not_judged": "not judged",
    "no_budget": "no budget",
}

_TRANSFER = "transfer = send + wait - edge server's time"

_LINK_TITLES = ("link", "goodput", "payload/wire", "frames resent", "lost", "verdicts")
_TITLES = ("link", "stage", "rounds", "lost", ("p50", "p95", "max"), "budget", "verdict")

Row = Mapping[str, Any]


def latency_lines(document: Row) -> list[str]:
    """Return a table of links, one of link by stage, and what is wrong with the budgets."""
    lines: list[str] = []
    verdicts = document["budgets"]["verdicts"]
    for simulated in (False, True):
        summaries = [each for each in document["latency"] if each["simulated"] == simulated]
        if summaries:
            clock = "simulated" if simulated else "by the board's clock"
            lines.append(f"links      {clock}")
            lines.append(_link_cells(*_LINK_TITLES))
            lines += [_headline(summary, verdicts) for summary in summaries]
            lines.append(f"latency    {clock}, milliseconds; {_TRANSFER}")
            lines.append(_cells(*_TITLES))
            for summary in summaries:
                lines += _link(summary, verdicts)
    return lines + _budgets(document["budgets"])


def _headline(summary: Row, verdicts: Sequence[Row]) -> str:
    """Say of a link what it carried at which cost, and how many of its budgets were kept."""
    goodput, wire = summary["goodput_bytes_per_s"], summary["wire"]
    told = wire is not None and wire["bytes"]
    return _link_cells(
        _name(summary),
        "n/a" if goodput is None else quantity("goodput", goodput),
        f"{wire['payload_bytes'] / wire['bytes']:.3f}" if told else "n/a",
        f"{wire['resent']:,} of {wire['frames']:,}" if told else "n/a",
        f"{summary['lost']:,} of {summary['asked']:,}",
        _count([each for each in verdicts if _belongs(each, summary)]),
    )


def _count(verdicts: Sequence[Row]) -> str:
    """Count the worst outcome of each stage, the worst ones first."""
    worst: dict[str, str] = {}
    for each in verdicts:
        stage, outcome = each["stage"], each["outcome"]
        worst[stage] = max(worst.get(stage, "pass"), outcome, key=OUTCOMES.index)
    counts = [(list(worst.values()).count(outcome), outcome) for outcome in reversed(OUTCOMES)]
    parts = [f"{n} {_WORDS[outcome]}" for n, outcome in counts if n]
    return ", ".join(parts) or "none asked for"


def _link(summary: Row, verdicts: Sequence[Row]) -> list[str]:
    name = _name(summary)
    own = [each for each in verdicts if _belongs(each, summary)]
    lines = []
    for stage, spread in summary["stages_us"].items():
        if stage in _UNTOLD:
            continue
        verdict = _worst(own, stage)
        figures = {**spread, **(verdict["figures"] if verdict else {})}
        rounds = verdict["rounds"] if verdict else spread["n"]
        columns = [_milliseconds(figures[key]) for key in ("p50", "p95", "max")]
        lines.append(_cells(name, stage, rounds, spread["lost"], columns, *_judged(verdict)))
    for stage in ("goodput", "loss"):
        verdict = _worst(own, stage)
        if verdict is not None and verdict["checks"]:
            (check,) = verdict["checks"]
            columns = [quantity(stage, check["value"]), "", ""]
            rounds = verdict["rounds"]
            lines.append(_cells(name, stage, rounds, "", columns, *_judged(verdict)))
    return lines


def _budgets(budgets: Row) -> list[str]:
    lines = []
    if budgets["link_file"]:
        lines.append(f"budgets    those of links shaped by {budgets['link_file']}")
    if budgets["not_judged"]:
        lines.append(f"budgets    NOT JUDGED: {budgets['not_judged']}")
    for outcome in ("fail", "refused", "undecided", "marginal"):
        for verdict in budgets["verdicts"]:
            if verdict["outcome"] == outcome:
                lines += [f"budgets    {text}" for text in verdict["sentences"][:1]]
    lines += [f"budgets    {text}" for text in _certainty(budgets)]
    return lines + _without_limits(budgets["verdicts"])


def _certainty(budgets: Row) -> list[str]:
    """Say how sure verdicts are, where chance plays a part in their figures."""
    judged = [each for each in budgets["verdicts"] if each["checks"]]
    unsure = [each for each in judged if _is_unsure(each)]
    level = percent(budgets["confidence"]["level"])
    if budgets["confidence"]["sequential"]:
        rounds = max((each["rounds"] for each in judged), default=0)
        sure = f"{len(judged) - len(unsure)} of {len(judged)} verdicts"
        return [f"{sure} are sure at {level} confidence, after at most {rounds} rounds"]
    if not unsure:
        return []
    return [
        f"{len(unsure)} of {len(judged)} verdicts are not sure at {level} confidence; "
        "--hil-confidence measures until they are"
    ]


def _is_unsure(verdict: Row) -> bool:
    told = {check["certain"] for check in verdict["checks"]}
    return "undecided" in told and "fail" not in told


def _without_limits(verdicts: Sequence[Row]) -> list[str]:
    """Say which figures had no limit; where none of a link's had one, how to learn them."""
    missing: dict[tuple[str, str], list[str]] = {}
    limited = {_place(each) for each in verdicts if each["outcome"] != "no_budget"}
    for verdict in verdicts:
        if verdict["outcome"] == "no_budget":
            stages = missing.setdefault(_place(verdict), [])
            if verdict["stage"] not in stages:
                stages.append(verdict["stage"])
    lines, unlimited = [], dict[str, list[str]]()
    for (board, via), stages in missing.items():
        if (board, via) in limited:
            lines.append(f"budgets    none for {via} ({board}): {', '.join(stages)}")
        else:
            unlimited.setdefault(board, []).append(via)
    return lines + [
        f"budgets    none for this model and cut over {', '.join(links)} ({board}): 'hil budgets "
        "learn', with the same --model and --cut, measures and writes them"
        for board, links in unlimited.items()
    ]


def _place(verdict: Row) -> tuple[str, str]:
    return verdict["board"], verdict["via"]


def _belongs(verdict: Row, summary: Row) -> bool:
    peer = verdict["board"].partition(OVER)[0].endswith("-peer")
    return bool(verdict["via"] == summary["via"] and peer == (summary["tail"] == "peer"))


def _worst(verdicts: Sequence[Row], stage: str) -> Row | None:
    """Return the worst verdict about a stage, with the figures that it was given for."""
    own = [each for each in verdicts if each["stage"] == stage]
    return max(own, key=lambda each: OUTCOMES.index(each["outcome"]), default=None)


def _judged(verdict: Row | None) -> tuple[str, str]:
    """Return the limit that came closest to being broken, and the verdict."""
    if verdict is None:
        return "", ""
    limit = ""
    if verdict["checks"]:
        check = max(verdict["checks"], key=_closeness)
        sign = ">=" if verdict["stage"] == "goodput" else "<="
        name = check["statistic"] if verdict["stage"] not in ("goodput", "loss") else ""
        limit = f"{name} {sign} {quantity(verdict['stage'], check['limit'])}".strip()
    unsure = ", unsure" if _is_unsure(verdict) and verdict["outcome"] != "undecided" else ""
    return limit, _WORDS[verdict["outcome"]] + unsure


def _closeness(check: Row) -> tuple[int, float]:
    ratio = check["value"] / check["limit"] if check["limit"] else 0.0
    return OUTCOMES.index(check["outcome"]), ratio


def _name(summary: Row) -> str:
    return f"{summary['via']} peer" if summary["tail"] == "peer" else str(summary["via"])


def _link_cells(
    link: str, goodput: str, payload: str, resent: str, lost: str, verdicts: str
) -> str:
    return f"{_INDENT}{link:<12}{goodput:>12}{payload:>13}{resent:>15}{lost:>12}  {verdicts}"


def _cells(
    link: str,
    stage: str,
    rounds: object,
    lost: object,
    columns: Sequence[str],
    budget: str,
    verdict: str,
) -> str:
    figures = "".join(f"{column:>11}" for column in columns)
    left = f"{_INDENT}{link:<12}{stage:<15}{rounds:>6}{lost:>5}{figures}"
    return f"{left}  {budget:<21}{verdict}".rstrip()


def _milliseconds(value: int | None) -> str:
    return "n/a" if value is None else f"{value / 1000:,.3f}"
