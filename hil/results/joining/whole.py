# SPDX-License-Identifier: MIT
"""What is judged of all boards' photos together, when each board has had a part of them. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hil.errors import ProductFailure
from hil.results.trouble import error_record


def disagreements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the errors of a run of several boards whose agreement is below its limits.

    Of one board the suite's tests say so.

    Args:
        document: of all boards.

    Returns:
        rows for the document's ``errors``.
    """
    if len(document["boards"]) < 2:
        return []
    rows = (
        (part["name"], reference, row)
        for part in document["combinations"]
        for reference, row in part["agreement"]["with"].items()
    )
    failures = [
        ProductFailure(
            f"disagreement: {name}, {row['n']} photos on all boards, with {reference}: expected "
            f"top-1 {row['limit']['top1']:.1%}, top-5 {row['limit']['top5']:.1%}, got top-1 "
            f"{row['top1']:.1%}, top-5 {row['top5']:.1%}"
        )
        for name, reference, row in rows
        if row["judged"] and not row["passed"]
    ]
    records = [error_record(each, "product", None, "session") for each in failures]
    return [{**asdict(record), "board": None} for record in records]
