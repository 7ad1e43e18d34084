# SPDX-License-Identifier: MIT
"""``budgets.toml``: the limits that a run is judged against, and the judging."""

from hil.budgets.certainty import Certainty
from hil.budgets.file import Budgets
from hil.budgets.judging import judge
from hil.budgets.latency import LinkBudget, StageLimit
from hil.budgets.section import Section
from hil.budgets.verdict import Samples, Verdict

__all__ = [
    "Budgets",
    "Certainty",
    "LinkBudget",
    "Samples",
    "Section",
    "StageLimit",
    "Verdict",
    "judge",
]
