# SPDX-License-Identifier: MIT
"""What a soak has come to, as a document for a program."""

from dataclasses import asdict
from typing import Any

from hil.soak.conduct import Result

SCHEMA = "hil-soak-1"


def document(result: Result, seed: int, model: str) -> dict[str, Any]:
    """Return it; docs/soak.md has the keys."""
    soak, shrunk = result.soak, result.shrunk
    finding = soak.finding
    return {
        "schema": SCHEMA,
        "seed": seed,
        "simulated": result.simulated,
        "mac": result.mac,
        "firmware": result.firmware,
        "model": model,
        "seconds": round(soak.seconds, 3),
        "interrupted": soak.interrupted,
        **soak.account.as_json(),
        "finding": asdict(finding) | {"sentence": str(finding)} if finding else None,
        "shrunk": asdict(shrunk) if shrunk else None,
        "held": [asdict(verdict) for verdict in soak.verdicts],
    }
