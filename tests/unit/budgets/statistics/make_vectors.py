# SPDX-License-Identifier: MIT
"""Makes vectors.json of what SciPy says; the project itself does not need SciPy.

python3 -m venv scipy && scipy/bin/pip install scipy==1.17.1
scipy/bin/python tests/unit/budgets/statistics/make_vectors.py
"""

import json
import random
from pathlib import Path

import numpy as np
import scipy
from scipy import special, stats

OUT = Path(__file__).with_name("vectors.json")


def main() -> None:
    """Write the vectors."""
    dice = random.Random(14)
    incomplete = [
        [a, b, x, float(special.betainc(a, b, x))]
        for a, b in [(0.5, 0.5), (1, 20), (20, 1), (0.5, 74.5), (3.5, 496.5), (250, 250), (480, 21)]
        for x in (1e-6, 0.01, 0.05, 0.3, 0.5, 0.95, 0.99, 0.999)
    ]
    quantiles = [
        [a, b, q, float(special.betaincinv(a, b, q))]
        for a, b in [(1, 20), (1, 59), (3, 98), (20, 1), (50.5, 449.5)]
        for q in (0.025, 0.05, 0.5, 0.95)
    ]
    ranks = []
    for n in (5, 20, 58, 59, 60, 100, 299, 500):
        for share in (0.5, 0.05, 0.01):
            for alpha in (0.05, 0.01):
                tails = stats.binom.cdf(np.arange(n), n, share)
                ranks.append([n, share, alpha, int((tails <= alpha).sum()) - 1])
    shares = []
    for count, n in [(0, 20), (1, 20), (7, 100), (100, 100), (3, 500)]:
        low = stats.binomtest(count, n).proportion_ci(0.9, "exact")
        shares.append([count, n, 0.05, float(low.low), float(low.high)])
    pairs = []
    for n, m, off, spread in [(20, 20, 0, 50), (20, 25, 3, 5), (60, 40, 30, 100), (8, 9, 40, 30)]:
        before = [round(dice.gauss(1000, spread)) for _ in range(n)]
        after = [round(dice.gauss(1000 + off, spread)) for _ in range(m)]
        test = stats.mannwhitneyu(after, before, method="asymptotic")
        differences = np.subtract.outer(after, before).ravel()
        pairs.append(
            {
                "before": before,
                "after": after,
                "pairs_above": float(test.statistic),
                "p": float(test.pvalue),
                "shift": float(np.median(differences)),
            }
        )
    series = [round(dice.gauss(1000, 200)) for _ in range(50)]
    trend = float(stats.spearmanr(range(50), series).statistic)
    vectors = {
        "scipy": scipy.__version__,
        "incomplete_beta": incomplete,
        "beta_quantile": quantiles,
        "most_above": ranks,
        "share_bounds": shares,
        "rank_sum": pairs,
        "ranks": [[3, 1, 3, 2, 3], stats.rankdata([3, 1, 3, 2, 3]).tolist()],
        "spearman": [series, trend],
    }
    OUT.write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
