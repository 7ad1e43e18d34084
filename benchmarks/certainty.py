# SPDX-License-Identifier: MIT
"""How often verdicts are wrong: simulated boards whose true p95 is known, judged as a run does.

Each board is a source of times with a noise that real ones have: heavy tails, two modes, slow
rounds that come in twos, wandering, getting slower or faster until they have settled. Its limit is
at its true p95 (of the settled board), or such that 1 % or 15 % of all rounds are above it. It is
measured as ``--hil-confidence=95%`` does, and beside that judged by the plain p95 of 20 rounds.
Exits with 1 if more than the stated 5 % of the verdicts on boards at their limit, or on those well
below or above it, are a wrong pass or a wrong fail, or if that is certain of one kind of noise.

Two more kinds show what no such number can promise, and count for nothing: slow rounds in long
bursts, and a drift that the run is too short to see.

    python benchmarks/certainty.py [--boards 2000] [--seed 1] [--max-rounds 500] [--json]
"""

import argparse
import json
import math
import os
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

from hil.budgets import LinkBudget, Samples, StageLimit, judge
from hil.budgets.certainty import Certainty
from hil.budgets.spread import percentile
from hil.budgets.statistics.bounds import looks, share_bounds

LEVEL = 0.95
SHARES = {"at": 0.05, "below": 0.01, "above": 0.15}
"""Of all rounds, those above the limit, by where the board's p95 is."""

FIRST = 20
DRAWS = 400_000
STAGE = "total"

Noise = Callable[[random.Random], Iterator[float]]


def heavy_tail(dice: random.Random) -> Iterator[float]:
    """Pareto of shape 1.5: the mean exists, the variance does not."""
    while True:
        yield 9 + dice.paretovariate(1.5)


def two_modes(dice: random.Random, share: float = 0.15, length: float = 1.0) -> Iterator[float]:
    """Every so often a message is sent again, which takes 20 ms; in bursts of a mean length."""
    slow = dice.random() < share
    while True:
        yield dice.gauss(10, 0.5) + 20 * slow
        if length == 1:
            slow = dice.random() < share
        else:
            slow = dice.random() < (1 - 1 / length if slow else share / (1 - share) / length)


def wander(dice: random.Random, kept: float = 0.9) -> Iterator[float]:
    """Half of the variance is an autoregressive walk that forgets within some ten rounds."""
    state = dice.gauss(0, 1)
    while True:
        yield 10 * math.exp(0.2 * (state + dice.gauss(0, 1)) / math.sqrt(2))
        state = kept * state + math.sqrt(1 - kept**2) * dice.gauss(0, 1)


def settling(dice: random.Random, by: float) -> Iterator[float]:
    """Starts some standard deviations off, and settles with a time constant of 50 rounds."""
    off = by
    while True:
        yield 10 + 0.5 * (dice.gauss(0, 1) + off)
        off *= math.exp(-1 / 50)


def creep(dice: random.Random) -> Iterator[float]:
    """Gets slower by two standard deviations in 500 rounds, evenly."""
    number = 0
    while True:
        yield 10 + 0.5 * (dice.gauss(0, 1) + 2 * number / 500)
        number += 1


def settled(dice: random.Random) -> Iterator[float]:
    """What a settling board comes to."""
    while True:
        yield dice.gauss(10, 0.5)


def crept(dice: random.Random) -> Iterator[float]:
    """What a creeping board does in 500 rounds."""
    while True:
        yield 10 + 0.5 * (dice.gauss(0, 1) + 2 * dice.random())


@dataclass(frozen=True)
class Kind:
    """A noise, and the one whose percentiles are the true ones (itself by default)."""

    noise: Noise
    truth: Noise | None = None
    counts: bool = True


KINDS = {
    "heavy tail": Kind(heavy_tail),
    "two modes": Kind(two_modes),
    "two modes, in twos": Kind(partial(two_modes, length=2.0)),
    "wandering": Kind(wander),
    "getting slower, then settled": Kind(partial(settling, by=-2.0), settled),
    "getting faster, then settled": Kind(partial(settling, by=2.0), settled),
    "two modes, in fours": Kind(partial(two_modes, length=4.0), counts=False),
    "creeping on": Kind(creep, crept, counts=False),
}


@cache
def limit_us(kind: str, share: float) -> int:
    """Return which limit a share of a board's rounds is above."""
    noise = KINDS[kind].truth or KINDS[kind].noise
    dice = random.Random(f"truth of {kind}")
    source = noise(dice)
    values = sorted(round(next(source) * 1000) for _ in range(DRAWS))
    return values[math.ceil((1 - share) * DRAWS) - 1]


@dataclass(frozen=True)
class Outcome:
    """What became of one board."""

    kind: str
    where: str
    verdict: str
    rounds: int
    plain: str


def measure(job: tuple[str, str, int, int], max_rounds: int) -> Outcome:
    """Measure one board until its verdict is decided, as the latency test does."""
    kind, where, limit, number = job
    dice = random.Random(f"{kind} {where} {number}")
    source = KINDS[kind].noise(dice)
    values = [round(next(source) * 1000) for _ in range(max_rounds)]
    budget = LinkBudget("the board's limit", {STAGE: StageLimit(p95=limit)}, marginal=0.0)
    certainty = Certainty(LEVEL, True, FIRST, max_rounds)
    plain = "fail" if percentile(values[:FIRST], 0.95) > limit else "pass"
    outcome, n = "undecided", max_rounds
    for n in looks(max_rounds):
        samples = Samples({STAGE: values[:n]}, asked=n)
        (verdict,) = judge(samples, budget, "board", "udp", [STAGE], certainty=certainty)
        outcome = "pass" if verdict.outcome == "marginal" else verdict.outcome
        if outcome != "undecided":
            break
    return Outcome(kind, where, outcome, n, plain)


def wrong(found: list[Outcome], verdict: str, *, plain: bool = False) -> float | None:
    """Return the share of boards with a verdict that is wrong; None where none would be."""
    right = {"pass": "below", "fail": "above"}[verdict]
    boards = [each for each in found if each.where != right]
    if not boards:
        return None
    return sum((each.plain if plain else each.verdict) == verdict for each in boards) / len(boards)


def broken(found: list[Outcome]) -> list[str]:
    """Return what is worse than stated."""
    said = []
    counted = [each for each in found if KINDS[each.kind].counts]
    for verdict in ("pass", "fail"):
        for where in SHARES:
            share = wrong([each for each in counted if each.where == where], verdict)
            if share is not None and share > 1 - LEVEL:
                said.append(f"{share:.1%} of the boards {where} their limit wrongly {verdict}")
        for kind in {each.kind for each in counted}:
            boards = [each for each in counted if (each.kind, each.where) == (kind, "at")]
            count = sum(each.verdict == verdict for each in boards)
            if boards and share_bounds(count, len(boards), (0.01, 0.01))[0] > 1 - LEVEL:
                said.append(f"{kind}: {count} of {len(boards)} at their limit wrongly {verdict}")
    return said


def rows(found: list[Outcome]) -> list[dict[str, object]]:
    """Return the figures by kind and place, then of all that count by place."""
    groups = defaultdict[tuple[str, str], list[Outcome]](list)
    for each in found:
        groups[each.kind, each.where].append(each)
        if KINDS[each.kind].counts:
            groups["all that count", each.where].append(each)
    table = []
    for (kind, where), boards in sorted(groups.items(), key=lambda pair: order(*pair[0])):
        decided = [each.rounds - FIRST for each in boards if each.verdict != "undecided"]
        table.append(
            {
                "kind": kind,
                "where": where,
                "boards": len(boards),
                "pass": sum(each.verdict == "pass" for each in boards) / len(boards),
                "fail": sum(each.verdict == "fail" for each in boards) / len(boards),
                "extra_rounds": statistics.median(decided) if decided else None,
                "plain_pass": sum(each.plain == "pass" for each in boards) / len(boards),
                "plain_fail": sum(each.plain == "fail" for each in boards) / len(boards),
            }
        )
    return table


def order(kind: str, where: str) -> tuple[int, int]:
    """Return where a row stands: kinds as above, all of them behind those that count."""
    counted = [name for name in KINDS if KINDS[name].counts]
    kinds = [*counted, "all that count", *(name for name in KINDS if name not in counted)]
    return kinds.index(kind), list(SHARES).index(where)


def run(boards: int, seed: int, max_rounds: int) -> list[Outcome]:
    """Measure so many boards that count, as many of each kind at each place, and of the others."""
    counted = sum(kind.counts for kind in KINDS.values())
    each = math.ceil(boards / counted / len(SHARES))
    jobs = [
        (kind, where, limit_us(kind, share), seed * boards + number)
        for kind in KINDS
        for where, share in SHARES.items()
        for number in range(each)
    ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(partial(measure, max_rounds=max_rounds), jobs, chunksize=8))


def main() -> int:
    """Print the figures; return 1 if one is worse than stated."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boards", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-rounds", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = run(options.boards, options.seed, options.max_rounds)
    table, bad = rows(found), broken(found)
    if options.json:
        print(json.dumps({"rows": table, "broken": bad}, indent=1))
    else:
        print(f"{'':40}{'boards':>8}{'pass':>8}{'fail':>8}{'extra rounds':>14}{'plain pass':>12}")
        for row in table:
            extra = "" if row["extra_rounds"] is None else f"{row['extra_rounds']:.0f}"
            print(
                f"{row['kind']:32}{row['where']:8}{row['boards']:8}{row['pass']:8.1%}"
                f"{row['fail']:8.1%}{extra:>14}{row['plain_pass']:12.1%}"
            )
        print("\n".join(bad) or f"none worse than the stated {1 - LEVEL:.0%}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
