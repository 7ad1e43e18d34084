# SPDX-License-Identifier: MIT
"""The matrix: what became of each mutant, as a document and as the table drawn from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hil.host.columns import Column, fold, lay_out
from hil.selftest.mutant import Mutant
from hil.selftest.running import Failure
from hil.selftest.verdict import Verdict
from hil.version import __version__

SCHEMA = "hil-selftest-1"

_COLUMNS = (
    Column("mutant", folds=True),
    Column("family", rank=1),
    Column("verdict"),
    Column("symptom", rank=3),
    Column("s", right=True, rank=2),
    Column("by test", folds=True),
)


@dataclass(frozen=True)
class Row:
    """What became of one mutant.

    Attributes:
        mutant: the defect.
        verdict: on it.
        failure: what the verdict rests on, if a test failed.
        reason: of a verdict without a failure; empty where the verdict says it all.
        blamed_rig: tests that blamed the rig on the way.
        build_s: seconds that building took, by the host's clock.
        run_s: likewise the run; 0 if there was none.
    """

    mutant: Mutant
    verdict: Verdict
    failure: Failure | None = None
    reason: str = ""
    blamed_rig: int = 0
    build_s: float = 0.0
    run_s: float = 0.0


@dataclass(frozen=True)
class Unmodified:
    """The firmware that the mutants are made from: version, digest of its sources, seconds."""

    version: str
    source_digest: str
    seconds: float


def exit_status(rows: Sequence[Row]) -> int:
    """Return 0 if all are caught with their symptom, 2 if one is unusable, else 1."""
    verdicts = {row.verdict for row in rows}
    if Verdict.UNUSABLE in verdicts:
        return 2
    return 0 if verdicts <= {Verdict.CAUGHT} else 1


def document(rows: Sequence[Row], unmodified: Unmodified, seconds: float) -> dict[str, Any]:
    """Return the matrix as plain JSON values, by ``docs/selftest.schema.json``.

    Args:
        rows: in the order of the mutants.
        unmodified: the firmware.
        seconds: that all of it took.
    """
    counts = {verdict.value: 0 for verdict in Verdict}
    for row in rows:
        counts[row.verdict] += 1
    return {
        "schema": SCHEMA,
        "hil_version": __version__,
        "exit_status": exit_status(rows),
        "host_seconds": round(seconds, 1),
        "unmodified": {
            "version": unmodified.version,
            "source_digest": unmodified.source_digest,
            "host_seconds": round(unmodified.seconds, 1),
        },
        "verdicts": counts,
        "mutants": [_entry(row) for row in rows],
    }


def _entry(row: Row) -> dict[str, Any]:
    mutant, failure = row.mutant, row.failure
    return {
        "name": mutant.name,
        "defect": mutant.defect,
        "family": mutant.family,
        "stands_for": mutant.stands_for or None,
        "symptom": mutant.symptom,
        "verdict": row.verdict.value,
        "reason": row.reason or None,
        "test": failure.test if failure else None,
        "seen": failure.symptom if failure else None,
        "message": failure.message if failure else None,
        "blamed_rig": row.blamed_rig,
        "build_host_seconds": round(row.build_s, 1),
        "run_host_seconds": round(row.run_s, 1),
    }


def table(matrix: Mapping[str, Any], width: int) -> list[str]:
    """Return a matrix's document as lines of text of at most ``width`` characters."""
    entries = matrix["mutants"]
    remarks = [
        [line for remark in _remarks(entry) for line in fold(remark, width, "    ")]
        for entry in entries
    ]
    lines = lay_out(_COLUMNS, [_cells(entry) for entry in entries], width, below=remarks).lines
    counts = ", ".join(f"{count} {name}" for name, count in matrix["verdicts"].items() if count)
    told = f"{len(entries)} mutants: {counts}; {matrix['host_seconds']:.0f} s"
    return [*lines, "", *fold(told, width)]


def _cells(entry: Mapping[str, Any]) -> tuple[str, ...]:
    seconds = entry["build_host_seconds"] + entry["run_host_seconds"]
    return (
        entry["name"],
        entry["family"],
        entry["verdict"],
        entry["symptom"],
        f"{seconds:.1f}",
        (entry["test"] or "").removeprefix("hil/suite/"),
    )


def _remarks(entry: Mapping[str, Any]) -> Iterator[str]:
    if entry["verdict"] != Verdict.CAUGHT:
        yield entry["defect"]
    if entry["reason"]:
        yield entry["reason"]
    if entry["message"]:
        seen = "" if entry["seen"] == entry["symptom"] else f"{entry['seen']}: "
        yield f"{seen}{entry['message']}"
    if entry["blamed_rig"]:
        yield f"tests that blamed the rig: {entry['blamed_rig']}"
