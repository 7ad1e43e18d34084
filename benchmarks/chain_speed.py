# SPDX-License-Identifier: MIT
"""Time the search for the best chain: 67 operators with a cut after each but the last, 8 boards.

The costs are drawn by lot, several times; beside the time stands how far its rivals are above it.

    python benchmarks/chain_speed.py [--operators N] [--boards N] [--draws N]
"""

import argparse
import itertools
import json
import random
import statistics
import time

from hil.planning.chain import Objective, best_chain
from hil.planning.rivals import RIVALS


class Drawn:
    """Costs by lot: operators grow with depth as activations shrink, as in real networks."""

    def __init__(self, cuts: int, seed: int) -> None:
        lot = random.Random(seed)
        self.cuts = cuts
        times = [lot.uniform(1, 100) for _ in range(cuts)]
        weights = [lot.uniform(0, 2) * (1 + cut / 10) for cut in range(cuts)]
        self._times = list(itertools.accumulate(times, initial=0.0))
        self._weights = list(itertools.accumulate(weights, initial=0.0))
        self._sizes = [lot.uniform(1, 100) * (1 + 300 / (1 + cut)) for cut in range(cuts)]
        # The edge server is far away or slow: the later the cut, the better, as far as it fits.
        self._tails = [20 * (self._times[-1] - self._times[cut + 1]) for cut in range(cuts)]
        self._room = self._weights[-1] / 6

    def run_us(self, board: int, start: int, end: int) -> float:
        """Time of the operators in between."""
        return self._times[end + 1] - self._times[start + 1]

    def send_us(self, cut: int) -> float:
        """Time to the next board."""
        return self._sizes[cut]

    def uplink_us(self, cut: int) -> float:
        """Time to the edge server."""
        return 2 * self._sizes[cut]

    def tail_us(self, cut: int) -> float:
        """Time of the rest there."""
        return self._tails[cut]

    def fits(self, board: int, start: int, end: int) -> bool:
        """Whether the weights in between have room."""
        return self._weights[end + 1] - self._weights[start + 1] <= self._room


def main() -> None:
    """Print one line of JSON for each objective."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operators", type=int, default=67)
    parser.add_argument("--boards", type=int, default=8)
    parser.add_argument("--draws", type=int, default=20)
    arguments = parser.parse_args()
    for objective in Objective:
        times, above = [], {name: [] for name in RIVALS}
        for seed in range(arguments.draws):
            costs = Drawn(arguments.operators - 1, seed)
            begun = time.perf_counter()
            best = best_chain(costs, arguments.boards, objective)
            times.append((time.perf_counter() - begun) * 1000)
            assert best is not None
            for name, rival in RIVALS.items():
                found = rival(costs, arguments.boards, objective)
                if found is not None:
                    above[name].append(found.cost_us / best.cost_us - 1)
        line = {
            "objective": objective.value,
            "median_ms": round(statistics.median(times), 2),
            "worst_ms": round(max(times), 2),
            "rivals_above": {
                name: f"{statistics.median(each):.1%}" for name, each in above.items() if each
            },
            "least_above": round(min(min(each) for each in above.values() if each), 6),
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
