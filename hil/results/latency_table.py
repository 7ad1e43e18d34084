# SPDX-License-Identifier: MIT
"""The part of the closing table that tells of links: figures, budgets, verdicts."""

from collections.abc import Mapping, Sequence
from typing import Any

from hil.budgets.certainty import percent
from hil.budgets.section import OVER
from hil.budgets.verdict import OUTCOMES, quantity
from hil.host.columns import Column, fold, lay_out
from hil.results.boards.table import ADVISORY, MARK
from hil.results.views import link_name

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

_INDENT = 11
_LINKS = (
    Column("link"),
    Column("goodput", right=True),
    Column("payload/wire", right=True, rank=1),
    Column("frames resent", right=True, rank=2),
    Column("lost", right=True),
    Column("verdicts", folds=True),
)
_STAGES = (
    Column("link"),
    Column("stage"),
    Column("rounds", right=True, rank=1),
    Column("lost", right=True, rank=2),
    Column("p50", right=True, rank=4),
    Column("p95", right=True, rank=5),
    Column("max", right=True, rank=3),
    Column("budget"),
    Column("bounds", rank=0),
    Column("verdict"),
)
_BOUNDS = next(place for place, column in enumerate(_STAGES) if column.title == "bounds")

Row = Mapping[str, Any]


def latency_lines(document: Row, width: int) -> list[str]:
    """Return a table of links, one of link by stage, and what is wrong with the budgets.

    Args:
        document: by ``docs/results.schema.json``.
        width: of the lines.
    """
    lines: list[str] = []
    verdicts = document["budgets"]["verdicts"]
    boards = len(document["boards"]) > 1
    for simulated in (False, True):
        summaries = [each for each in document["latency"] if each["simulated"] == simulated]
        if summaries:
            clock = "simulated" if simulated else "by the board's clock"
            lines.append(f"links      {clock}{_authenticated(document, summaries)}")
            headlines = [_headline(summary, verdicts) for summary in summaries]
            lines += _table(_LINKS, headlines, width, boards=boards)
            if any(each["advisory"] for each in summaries):
                lines += fold(f"{MARK} {ADVISORY}", width, " " * _INDENT)
            lines += _stages(summaries, verdicts, clock, width, boards=boards)
    for text in _budgets(document["budgets"], boards=boards):
        lines += fold(text, width, "budgets    ")
    return lines


def _authenticated(document: Row, summaries: Sequence[Row]) -> str:
    """Say in one word whether the links were authenticated; nothing where nobody knows."""
    links = (document.get("authentication") or {}).get("links", {})
    told = {links[each["via"]] for each in summaries if each["via"] in links}
    if not told:
        return ""
    return ", authenticated" if told == {True} else ", NOT authenticated"


def _stages(
    summaries: Sequence[Row], verdicts: Sequence[Row], clock: str, width: int, *, boards: bool
) -> list[str]:
    """Return the table of stages, without bounds where every figure is its own."""
    told = [each for each in summaries if not each["advisory"]]
    if not told:
        text = "all is advisory; results.json and the page have it by stage"
        return fold(text, width, "latency    ")
    columns = list(_STAGES)
    rows = [row for summary in told for row in _link(summary, verdicts)]
    place = 1 + _BOUNDS  # behind the board
    if not any(row[place] for row in rows):
        del columns[_BOUNDS]
        rows = [(*row[:place], *row[place + 1 :]) for row in rows]
    heading = fold(f"{clock}, milliseconds; {_TRANSFER}", width, "latency    ")
    return heading + _table(columns, rows, width, boards=boards)


def _table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int, *, boards: bool
) -> list[str]:
    """Lay out rows of which each begins with its board, which is shown where there are several."""
    if boards:
        columns = [Column("board"), *columns]
    else:
        rows = [row[1:] for row in rows]
    return list(lay_out(columns, rows, width, indent=_INDENT).lines)


def _headline(summary: Row, verdicts: Sequence[Row]) -> tuple[str, ...]:
    """Say of a link what it carried at which cost, and how many of its budgets were kept."""
    goodput, wire = summary["goodput_bytes_per_s"], summary["wire"]
    told = wire is not None and wire["bytes"]
    return (
        str(summary["board"]),
        link_name(summary) + (MARK if summary["advisory"] else ""),
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


def _link(summary: Row, verdicts: Sequence[Row]) -> list[tuple[str, ...]]:
    name = str(summary["board"]), link_name(summary)
    own = [each for each in verdicts if _belongs(each, summary)]
    rows = list[tuple[str, ...]]()
    for stage, spread in summary["stages_us"].items():
        if stage in _UNTOLD:
            continue
        verdict = _worst(own, stage)
        figures = {**spread, **(verdict["figures"] if verdict else {})}
        counts = (str(verdict["rounds"] if verdict else spread["n"]), str(spread["lost"]))
        times = [_milliseconds(figures[key]) for key in ("p50", "p95", "max")]
        rows.append((*name, stage, *counts, *times, *_judged(verdict)))
    for stage in ("goodput", "loss"):
        verdict = _worst(own, stage)
        if verdict is not None and verdict["checks"]:
            (check,) = verdict["checks"]
            cells = (str(verdict["rounds"]), "", quantity(stage, check["value"]), "", "")
            rows.append((*name, stage, *cells, *_judged(verdict)))
    return rows


def _budgets(budgets: Row, *, boards: bool) -> list[str]:
    lines = []
    if budgets["link_file"]:
        lines.append(f"those of links shaped by {budgets['link_file']}")
    if budgets["not_judged"]:
        lines.append(f"NOT JUDGED: {budgets['not_judged']}")
    for outcome in ("fail", "refused", "undecided", "marginal"):
        for verdict in budgets["verdicts"]:
            if verdict["outcome"] == outcome:
                board = f"{verdict['board']}: " if boards else ""
                lines += [f"{board}{sentence}" for sentence in verdict["sentences"][:1]]
    lines += _certainty(budgets)
    return lines + _without_limits(budgets["verdicts"])


def _certainty(budgets: Row) -> list[str]:
    """Say how sure verdicts are, where chance plays a part in their figures."""
    judged = [each for each in budgets["verdicts"] if each["checks"]]
    unsure = [each for each in judged if _is_unsure(each)]
    if not judged:
        return []
    level = percent(budgets["confidence"]["level"])
    if budgets["confidence"]["sequential"]:
        rounds = max(each["rounds"] for each in judged)
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
            lines.append(f"none for {via} ({board}): {', '.join(stages)}")
        else:
            unlimited.setdefault(board, []).append(via)
    return lines + [
        f"none for this model and cut over {', '.join(links)} ({board}): 'hil budgets "
        "learn', with the same --model and --cut, measures and writes them"
        for board, links in unlimited.items()
    ]


def _place(verdict: Row) -> tuple[str, str]:
    return verdict["section"], verdict["via"]


def _belongs(verdict: Row, summary: Row) -> bool:
    peer = verdict["section"].partition(OVER)[0].endswith("-peer")
    return bool(
        not summary["advisory"]
        and verdict["via"] == summary["via"]
        and peer == (summary["tail"] == "peer")
        and verdict["board"] == summary["board"]
    )


def _worst(verdicts: Sequence[Row], stage: str) -> Row | None:
    """Return the worst verdict about a stage, with the figures that it was given for."""
    own = [each for each in verdicts if each["stage"] == stage]
    return max(own, key=lambda each: OUTCOMES.index(each["outcome"]), default=None)


def _judged(verdict: Row | None) -> tuple[str, str, str]:
    """Return the limit that came closest to being broken, the figure's bounds, and the verdict."""
    if verdict is None:
        return "", "", ""
    limit = bounds = ""
    if verdict["checks"]:
        check = max(verdict["checks"], key=_closeness)
        sign = ">=" if verdict["stage"] == "goodput" else "<="
        name = check["statistic"] if verdict["stage"] not in ("goodput", "loss") else ""
        limit = f"{name} {sign} {quantity(verdict['stage'], check['limit'])}".strip()
        bounds = _interval(verdict["stage"], check)
    unsure = ", unsure" if _is_unsure(verdict) and verdict["outcome"] != "undecided" else ""
    return limit, bounds, _WORDS[verdict["outcome"]] + unsure


def _interval(stage: str, check: Row) -> str:
    """Return the bounds of a figure; nothing of one that is its own, or a maximum."""
    low, high = (
        None if each is None else quantity(stage, each).removesuffix(" ms")
        for each in check["interval"]
    )
    if low == high or check["statistic"] == "max":
        return ""
    if low is None or high is None:
        return f"at most {high}" if low is None else f"at least {low}"
    return f"{low} to {high}"


def _closeness(check: Row) -> tuple[int, float]:
    ratio = check["value"] / check["limit"] if check["limit"] else 0.0
    return OUTCOMES.index(check["outcome"]), ratio


def _milliseconds(value: int | None) -> str:
    return "n/a" if value is None else f"{value / 1000:,.3f}"
