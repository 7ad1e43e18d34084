# SPDX-License-Identifier: MIT
"""A sweep, and a chain, as tables that fit. Pure."""

from collections.abc import Iterable

from hil.host.columns import Column, fold, lay_out
from hil.host.printable import printable
from hil.planning.chain import START, Chain, Objective
from hil.planning.choice import best_cut
from hil.planning.stages import StageCosts
from hil.planning.sweep import CutFigures, Sweep

_WEIGHTS = (
    Column(""),
    Column("index", right=True, rank=4),
    Column("cut after", folds=True),
    Column("bytes", right=True),
    Column("M MACs", right=True),
    Column("", right=True, rank=1),
    Column("head kB", right=True),
    Column("arena kB", right=True, rank=2),
    Column("ms", right=True, rank=3),
)
_NAME_WIDTH = 21


def sweep_lines(sweep: Sweep, width: int) -> list[str]:
    """Return the tables and the sentences below them, in lines of at most ``width``."""
    front = sweep.front
    marks = ["*" if each.cut.index in front else "" for each in sweep.cuts]
    weights = [(mark, *_weights(each)) for mark, each in zip(marks, sweep.cuts, strict=True)]
    times = [
        (mark, _short(each), *(_time(each, via) for via in sweep.links))
        for mark, each in zip(marks, sweep.cuts, strict=True)
    ]
    columns = [Column(""), Column("ms in all (transfer)", folds=True)]
    columns += [Column(via, right=True) for via in sweep.links]
    return [
        *lay_out(_WEIGHTS, weights, width).lines,
        "",
        *lay_out(columns, times, width).lines,
        "",
        *folded(_remarks(sweep), width),
        "",
        *folded(best_lines(sweep), width),
    ]


def folded(sentences: Iterable[str], width: int) -> list[str]:
    """Return sentences as lines of at most ``width``."""
    return [line for each in sentences for line in fold(each, width, rest="  ")]


def _weights(each: CutFigures) -> tuple[str, ...]:
    cut = each.cut
    share = cut.head_macs / max(1, cut.head_macs + cut.tail_macs)
    device = min((time.invoke_us for time in each.times.values()), default=None)
    return (
        str(cut.index),
        _short(each),
        f"{cut.bytes:,}",
        f"{cut.head_macs / 1e6:.1f}",
        f"{share:.0%}",
        f"{cut.head_bytes / 1000:,.1f}",
        "?" if each.arena_bytes is None else f"{each.arena_bytes / 1000:,.1f}",
        ("" if device is None else f"{device / 1000:,.0f}") if each.fits else "no fit",
    )


def _time(each: CutFigures, via: str) -> str:
    time = each.times.get(via)
    if time is None:
        return "-"
    return f"{time.total_us / 1000:,.0f} ({time.transfer_us / 1000:,.0f})"


def _remarks(sweep: Sweep) -> list[str]:
    word = ", simulated" if sweep.simulated else ""
    lines = [
        f"{len(sweep.cuts)} legal cuts; times {sweep.times}{word}; tail: {sweep.tail}",
        "* on the Pareto front of bytes sent, head's MACs and head's size (kB = 1,000 bytes)",
    ]
    if sweep.board:
        lines.insert(1, sweep.board)
    for each in sweep.cuts:
        lines += [f"{printable(each.cut.short_name)}: {why}" for why in each.obstacles]
    lost = sum(time.lost for each in sweep.cuts for time in each.times.values())
    if lost:
        lines.append(f"{lost} inferences got no answer, and are not counted")
    return lines


def best_lines(sweep: Sweep) -> list[str]:
    """Return, for each link, which cut is best and what it gains."""
    lines = []
    base = printable(sweep.baseline.cut.short_name)
    for via in sweep.links:
        fastest, better = sweep.fastest(via), sweep.better(via)
        if fastest is None:
            lines.append(f"{via:<7} no head fits on a board")
            continue
        lines.append(f"{via:<7} fastest: {_gained(sweep, fastest, via, base)}")
        if better is not None and better is not fastest:
            lines.append(f"        lighter: {_gained(sweep, better, via, base)}")
    if len(sweep.links) > 1 and any(sweep.fastest(via) for via in sweep.links):
        chosen = best_cut(sweep, sweep.links)
        lines.append(f"over all of them (--hil-cut best): {printable(chosen.cut.short_name)}")
    better_names = {
        found.cut.short_name for via in sweep.links if (found := sweep.better(via)) is not None
    }
    for name in sorted(better_names):
        found = next(each for each in sweep.cuts if each.cut.short_name == name)
        lines += [_comparison(found, sweep.baseline)]
    return lines


def _gained(sweep: Sweep, each: CutFigures, via: str, base: str) -> str:
    name, total = printable(each.cut.short_name), each.times[via].total_us / 1000
    gain = sweep.gain(each, via)
    if each is sweep.baseline:
        return f"{name}, {total:,.1f} ms: the cut it is compared with"
    if gain is None:
        return f"{name}, {total:,.1f} ms"
    return f"{name}, {total:,.1f} ms: {gain:.0%} less than {base}"


def _comparison(each: CutFigures, base: CutFigures) -> str:
    mine, theirs = each.cut, base.cut
    return (
        f"{printable(mine.short_name)} sends {mine.bytes:,} bytes, not {theirs.bytes:,}; computes "
        f"{mine.head_macs / 1e6:.1f} M, not {theirs.head_macs / 1e6:.1f} M; is "
        f"{mine.head_bytes:,} bytes in flash, not {theirs.head_bytes:,}"
    )


def chain_lines(
    sweep: Sweep,
    costs: StageCosts,
    objective: Objective,
    chains: dict[str, Chain | None],
    width: int,
) -> list[str]:
    """Return the chains of one link beside each other, and the stages of the first."""
    best = next(iter(chains.values()))
    rows = []
    for name, chain in chains.items():
        if chain is None:
            rows.append((name, "none fits", "", ""))
            continue
        more = 0.0 if best is None or not best.cost_us else chain.cost_us / best.cost_us - 1
        cuts = " ".join(str(sweep.cuts[end].cut.index) for end in chain.ends)
        rows.append((name, f"{chain.cost_us / 1000:,.1f} ms", f"+{more:.0%}", cuts))
    word = "one inference" if objective is Objective.LATENCY else "slowest stage"
    columns = (
        Column(""),
        Column(word, right=True),
        Column("", right=True),
        Column("cuts", folds=True),
    )
    lines = list(lay_out(columns, rows, width).lines)
    if best is None:
        return lines
    told = []
    for board, start, end in best.stages:
        stage = costs.stage(start, end)
        arena = "" if stage.arena_bytes is None else f", arena {stage.arena_bytes:,}"
        begin = "the input" if start == START else printable(sweep.cuts[start].cut.short_name)
        told.append(
            f"board {board + 1}: from {begin} to {printable(sweep.cuts[end].cut.short_name)}, "
            f"{costs.run_us(board, start, end) / 1000:,.1f} ms, {len(stage.flatbuffer):,} bytes in "
            f"flash{arena}; sends {sweep.cuts[end].cut.bytes:,} bytes"
        )
    if empty := len(best.ends) - len(best.stages):
        told.append(f"{empty} of {len(best.ends)} boards have nothing to do: more would not help")
    return [*lines, "", *folded(told, width)]


def _short(each: CutFigures) -> str:
    name = printable(each.cut.short_name)
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"
