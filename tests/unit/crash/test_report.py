# SPDX-License-Identifier: MIT
"""A fault as one sentence."""

import pytest

from hil.crash.report import CrashReport
from hil.crash.signs import Sign

WATCHDOG = "task_wdt: The following tasks/users did not reset the watchdog in time:"


@pytest.mark.parametrize(
    ("details", "told"),
    [
        (["inference (CPU 0)"], "in time: inference (CPU 0)."),
        ([], "in time."),
    ],
)
def test_a_line_that_ends_with_a_colon_leads_to_its_details_by_that_one(
    details: list[str], told: str
) -> None:
    assert str(CrashReport(Sign.WATCHDOG, WATCHDOG, details).error()).endswith(told)
