# SPDX-License-Identifier: MIT
"""Numbers of the command line that something is counted or waited for by."""

from typing import Any

import click

MOST = 1e9
"""Seconds or minutes: more than anything lasts, and what clocks and waits still take."""


class Finite(click.FloatRange):
    """A number in a range, up to :data:`MOST`; ``nan``, which no range leaves out, is none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; fails as click's own types do."""
        number: float = super().convert(value, param, ctx)
        if not number <= MOST:
            self.fail(f"{number} is not a number to count by.", param, ctx)
        return number
