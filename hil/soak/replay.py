# SPDX-License-Identifier: MIT
"""Steps of a soak once more, on boards that are started afresh."""

import time
from collections.abc import Sequence

from hil.host.activity import doing
from hil.soak.account import Account, Finding
from hil.soak.bench import Setup, SoakBench
from hil.soak.plan import Step
from hil.soak.shrink import Shrunk, shrink


def replay(setup: Setup, steps: Sequence[Step]) -> Finding | None:
    """Run some steps; return the first finding.

    Raises:
        HilError: the boards cannot be had.
    """
    account = Account()
    with SoakBench(setup, steps[0].cut) as bench:
        for step in steps:
            ending = bench.perform(step)
            finding = account.note(step, ending, has_key=bench.has_key)
            if finding is not None:
                return finding
    return None


def shortest(setup: Setup, failed: Sequence[Step], like: Finding, seconds: float) -> Shrunk[Step]:
    """Return the shortest sequence that ends as a finding did.

    Args:
        setup: what the soak was made with.
        failed: the steps that led to it, the last one being its.
        like: the finding.
        seconds: that this may take; the replay that is under way then comes to its end.
    """
    end = time.monotonic() + seconds

    with doing("looking for the shortest sequence that fails", int(seconds)) as shown:

        def fails(steps: Sequence[Step]) -> bool:
            finding = replay(setup, steps)
            return finding is not None and finding.ending.word == like.ending.word

        def time_left() -> bool:
            left = end - time.monotonic()
            shown.reached(int(seconds - left), int(seconds))
            return left > 0

        return shrink(failed, fails, time_left)
