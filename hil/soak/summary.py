# SPDX-License-Identifier: MIT
"""What a soak has come to, as sentences and tables."""

from collections import Counter

from hil.host.columns import Column, lay_out
from hil.soak.fault import RIGHT
from hil.soak.soak import Soak
from hil.soak.watch import Verdict

_ENDINGS = (
    Column("over"),
    Column("inferences", right=True),
    Column("right", right=True),
    Column("ended otherwise, as promised", folds=True),
)
_FIGURES = (
    Column("held"),
    Column("at first", right=True, rank=1),
    Column("at last", right=True),
    Column("rise", right=True),
    Column("allowed", right=True, rank=2),
    Column("", folds=True),
)


def lines(soak: Soak, width: int) -> list[str]:
    """Return tables of what happened: by link, by fault, and what was watched."""
    account, found = soak.account, []
    for title, place in (("over", 0), ("with the fault", 1)):
        by = {name: words for name, words in account.by(place).items() if name}
        if by:
            columns = (Column(title), *_ENDINGS[1:])
            rows = [_row(name, words) for name, words in by.items()]
            found += ["", *lay_out(columns, rows, width).lines]
    if soak.verdicts:
        rows = [_held(verdict) for verdict in soak.verdicts]
        found += ["", *lay_out(_FIGURES, rows, width).lines]
    return found


def headline(soak: Soak, seed: int) -> str:
    """Return what happened in a sentence."""
    account = soak.account
    cut = " One more was cut short." if soak.begun > account.inferences else ""
    how = "stopped after" if soak.interrupted else "in"
    return (
        f"{account.inferences:,} inferences, {account.faults:,} of them with a fault, {how} "
        f"{_duration(soak.seconds)}, drawn from seed {seed}.{cut}"
    )


def rise_of(verdict: Verdict) -> str:
    """Return a sentence on a figure that is not flat."""
    each = " for each inference" if verdict.name.startswith("board") else ""
    what = "loses" if verdict.name.startswith("board") else "rises by"
    return (
        f"{verdict.name} {what} {_number(verdict.rise)}{each}, where {_number(verdict.allowed)} is "
        f"allowed (from {_number(verdict.first)} to {_number(verdict.last)})."
    )


def _row(name: str, words: Counter[str]) -> tuple[str, ...]:
    others = [f"{word} {count:,}" for word, count in words.most_common() if word != RIGHT]
    return name, f"{words.total():,}", f"{words[RIGHT]:,}", "; ".join(others)


def _held(verdict: Verdict) -> tuple[str, ...]:
    word = {True: "flat", False: "NOT FLAT", None: "too short to tell"}[verdict.flat]
    figures = (verdict.first, verdict.last, verdict.rise, verdict.allowed)
    return verdict.name, *map(_number, figures), word


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.2f}"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
