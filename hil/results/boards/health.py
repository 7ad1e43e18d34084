# SPDX-License-Identifier: MIT
"""How the boards of a run fare when it ends: what results.json keeps, and a line of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hil.results.writing import plain

if TYPE_CHECKING:
    from hil.health.history import Health
    from hil.health.limits import HealthLimits

WELL, REMARKS, QUARANTINED = "well", "remarks", "quarantined"


@dataclass(frozen=True)
class HealthRecord:
    """How a board fares, this session included.

    Attributes:
        state: ``well``; ``remarks``, with bad sessions among those that count; ``quarantined``.
        why: it is set aside, as a sentence without its point; None: it is in use.
        since: when it was set aside, for people.
        sessions: that count: the last ones since it was taken back.
        bad: how many of these were bad ones.
        sets_aside: so many bad ones set it aside.
        faults: what made this session a bad one.
        named: how ``hil boards heal`` names it.
    """

    state: str
    why: str | None
    since: str | None
    sessions: int
    bad: int
    sets_aside: int
    faults: tuple[str, ...]
    named: str


def health_record(health: "Health", named: str, limits: "HealthLimits") -> HealthRecord:
    """Return the record of how a board fares.

    Args:
        health: by what is known of it.
        named: how a command names it.
        limits: that it is judged by.
    """
    return HealthRecord(
        state=QUARANTINED if health.quarantined else REMARKS if health.bad else WELL,
        why=health.why,
        since=health.since,
        sessions=health.sessions,
        bad=health.bad,
        sets_aside=limits.bad,
        faults=health.faults,
        named=named,
    )


def health_sentences(document: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each board of a run of which there is anything to tell.

    Args:
        document: by ``docs/results.schema.json``.
    """
    told = ((each["name"], each["health"]) for each in document["boards"])
    return [sentence for name, row in told if row and (sentence := _sentence(name, row))]


def health_sentence(name: str, record: HealthRecord) -> str:
    """Return what there is to tell of a board; empty of one that is well."""
    return _sentence(name, plain(record))


def _sentence(name: str, row: Mapping[str, Any]) -> str:
    if row["state"] == QUARANTINED:
        heal = f"'hil boards heal {row['named']}' takes it back"
        return f"{name} is set aside since {row['since']}: {row['why']}; {heal}."
    if row["state"] != REMARKS:
        return ""
    rest = f"{row['bad']} of its last {row['sessions']} sessions were bad"
    faults = "; ".join(row["faults"]) or "nothing amiss in this session"
    return f"{name}: {faults}; {rest}, {row['sets_aside']} set it aside."
