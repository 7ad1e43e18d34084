# SPDX-License-Identifier: MIT
"""A calibration (``hil calibrate --html``) as a page: predicted and measured times. Pure."""

from hil.planning.calibration import Calibration
from hil.report.charts.figure import Caption, Table
from hil.report.charts.lines import lines
from hil.report.page import render


def calibration_page(found: Calibration) -> str:
    """Return the page."""
    profile, total = found.profile, found.total
    caption = Caption(
        "operators",
        "Time of each operator",
        f"Two lines over the {len(found.operators)} operators of {profile.model}: measured on the "
        f"board, and predicted {found.source}. All together they take {total.ratio:.2f} times what "
        "is predicted.",
        simulated=profile.simulated,
    )
    numbers = [f"{number} {each.kind}" for number, each in enumerate(found.operators)]
    series = {
        "measured": [each.measured_us / 1000 for each in found.operators],
        "predicted": [each.predicted_us / 1000 for each in found.operators],
    }
    kinds = Table(
        ["operator", "count", "measured (ms)", "predicted (ms)", "ratio"],
        [
            [
                each.kind,
                each.count,
                f"{each.measured_us / 1000:,.2f}",
                f"{each.predicted_us / 1000:,.2f}",
                f"{each.ratio:.2f}",
            ]
            for each in (*found.kinds, total)
        ],
    )
    return render(
        "calibration.html",
        profile=profile,
        source=found.source,
        ratio=f"{total.ratio:.2f}",
        measured=f"{total.measured_us / 1000:,.1f}",
        predicted=f"{total.predicted_us / 1000:,.1f}",
        chart=lines(caption, "ms", numbers, series),
        kinds=kinds.markup("Operators by kind"),
    )
