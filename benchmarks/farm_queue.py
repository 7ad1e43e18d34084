# SPDX-License-Identifier: MIT
"""How many boards does a suite need? A queueing simulation, seeded; prints one JSON object.

Sessions of CI come over working days, stand in one line, have so many boards at once, and give them
back. A session flashes and starts its boards, spreads its tests over them, gives all but one back,
and measures latency on that one. Boards break, are set aside and are healed; what they had to do
goes to the session's other boards. Every figure is *simulated*, and stands or falls with what is
put in:

- How long the parts of a session take: ``--results``, the results.json of a run on one board; a
  virtual board's simulated clock counts for what a real board would compute. Without it the figures
  of ``MEASURED`` below.
- What a worker brings when there are several: ``--efficiency``, from farm_scaling.py.
- When sessions come, how long boards last and how long healing takes are assumptions; nobody has
  measured them: ``--shares``, ``--break-hours``, ``--heal-hours``.

Printed are

- ``session``: how long one session lasts, and how long it has boards, all of them together, by its
  number of workers; none wait;
- ``fewest_boards``: for each ``--sessions-per-day`` the smallest farm on which 95 % of the sessions
  wait no longer than ``--wait``;
- ``most_sessions``: for each of ``--boards`` the largest demand of which that is true.

    python benchmarks/farm_queue.py [--results hil-report/results.json] [--photos 1000]
        [--workers 4] [--wait 300] [--seed 1]
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from math import inf
from pathlib import Path

from queueing.farm import Farm
from queueing.sizing import Question
from queueing.suite import Suite
from queueing.wanting import HOUR_S, OFFICE, Days

from hil.errors import BadInputError
from hil.results.reading import read_document

MEASURED = Suite(2.3, 135.5, 6.7, 142.3, photos=36, photo_s=1.558)
"""Of ``pytest -m hil`` on a virtual board, dogs19 cut after block_6_project, over four links: 286
tests in 64.6 s of the host's time, and 139 inferences of 1.558 s and more by the board's simulated
clock. By ``--results`` of that run."""

WORKERS = (1, 2, 4, 10, 100)
BOARDS = (1, 2, 4, 10, 30, 100, 300, 1_000, 3_000, 10_000)
DEMANDS = (10, 30, 100, 300, 1_000, 10_000, 100_000)


def numbers(text: str) -> tuple[float, ...]:
    """Return the numbers between commas."""
    return tuple(float(part) for part in text.split(","))


def whole_numbers(text: str) -> tuple[int, ...]:
    """Return the whole numbers between commas."""
    return tuple(int(part) for part in text.split(","))


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = options.add_argument
    add("--results", type=Path, help="the results.json of a run on one board")
    add("--photos", type=int, help="how many photos the suite tests; default: as measured")
    add("--workers", type=int, default=1, help="of a session: pytest's -n")
    add("--boards-per-worker", type=int, default=1)
    add("--efficiency", type=float, default=0.9, help="of each of several workers")
    add("--variation", type=float, default=0.1, help="of sessions' lengths: deviation by mean")
    add("--wait", type=float, default=300.0, help="seconds that 95 %% wait at most")
    add("--boards", type=whole_numbers, default=BOARDS)
    add("--sessions-per-day", type=numbers, default=DEMANDS)
    add("--shares", type=numbers, default=OFFICE, help="of a day's sessions, by working hour")
    add("--break-hours", type=float, default=500.0, help="mean use until a board is set aside")
    add("--heal-hours", type=float, default=24.0, help="mean time until it is back")
    add("--least-sessions", type=int, default=100_000, help="that are simulated for each figure")
    add("--seed", type=int, default=1)
    return options


def question(options: argparse.Namespace) -> Question:
    """Return what is asked for.

    Raises:
        BadInputError: the results cannot be used.
    """
    suite = Suite.of(read_document(options.results)) if options.results else MEASURED
    if options.photos is not None:
        suite = suite.with_photos(options.photos)
    farm = Farm(
        boards=options.workers * options.boards_per_worker,
        workers=options.workers,
        boards_per_worker=options.boards_per_worker,
        efficiency=options.efficiency,
        variation=options.variation,
        break_s=options.break_hours * HOUR_S if options.break_hours else inf,
        heal_s=options.heal_hours * HOUR_S,
    )
    days = Days(options.shares)
    return Question(farm, suite, days, options.wait, options.least_sessions, options.seed)


def answer(
    asked: Question, boards: tuple[int, ...], demands: tuple[float, ...]
) -> dict[str, object]:
    """Return all that is printed."""
    efficiency = asked.farm.efficiency
    return {
        "simulated": True,
        "suite": asdict(asked.suite),
        "farm": {**asdict(replace(asked.farm, boards=0)), "boards": None},
        "shares": asked.days.shares,
        "p95_wait_s": asked.bound_s,
        "seed": asked.seed,
        "session": [
            {
                "workers": n,
                "seconds": asked.suite.session_s(n, efficiency),
                "board_seconds": asked.suite.board_s(n, efficiency),
            }
            for n in WORKERS
        ],
        "fewest_boards": [asked.fewest_boards(each).as_json() for each in demands],
        "most_sessions": [
            asked.most_sessions(each).as_json() for each in boards if each >= asked.farm.wanted
        ],
    }


def rounded(value: object) -> object:
    """Return a value for JSON, its numbers to four digits."""
    match value:
        case dict():
            return {name: rounded(each) for name, each in value.items()}
        case list() | tuple():
            return [rounded(each) for each in value]
        case float():
            return None if value == inf else float(f"{value:.4g}")
        case _:
            return value


def main() -> int:
    """Print the figures; return 2 if the results cannot be used."""
    options = parser().parse_args()
    try:
        asked = question(options)
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(rounded(answer(asked, options.boards, options.sessions_per_day)), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
