# SPDX-License-Identifier: MIT
"""What a board's entries come to: fit, or set aside since when and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from hil.health.assessment import faults_of
from hil.health.entry import LONGEST, Compared, Entry, Healed, Quarantined, Session, Sighting
from hil.health.limits import HealthLimits
from hil.host.shortened import shortened


@dataclass(frozen=True)
class Health:
    """How a board fares.

    Attributes:
        why: it is set aside, as a sentence without its point; None: it is in use.
        since: when it was set aside, for people.
        sessions: that count: the last ones since it was taken back, at most ``window`` of them.
        bad: how many of these were bad ones.
        faults: what made the last session a bad one.
        seen: where it was last.
        named: how it was named when it was set aside by hand; empty if it was not.
    """

    why: str | None = None
    since: str | None = None
    sessions: int = 0
    bad: int = 0
    faults: tuple[str, ...] = ()
    seen: Sighting | None = None
    named: str = ""

    @property
    def quarantined(self) -> bool:
        """Whether the board is set aside."""
        return self.why is not None

    def __str__(self) -> str:
        if self.why is not None:
            return f"set aside since {self.since}: {self.why}"
        bad = f", {self.bad} bad" if self.bad else ""
        return f"in use; last sessions that count: {self.sessions}{bad}"


def judge(entries: Sequence[Entry], limits: HealthLimits) -> Health:
    """Return how a board fares, by its entries in their order."""
    aside = set_aside(entries)
    window = [faults_of(*each, limits) for each in _counting(entries)[-limits.window :]]
    return Health(
        why="; ".join(dict.fromkeys(each.why for each in aside)) if aside else None,
        since=aside[0].at if aside else None,
        sessions=len(window),
        bad=sum(map(bool, window)),
        faults=window[-1] if window else (),
        seen=next((each.board for each in reversed(entries) if isinstance(each, Session)), None),
        named=next((each.named for each in aside if each.named), ""),
    )


def set_aside(entries: Sequence[Entry]) -> list[Quarantined]:
    """Return what has set a board aside since it was last taken back; nothing: it is in use."""
    return [each for each in _since_healed(entries) if isinstance(each, Quarantined)]


def overdue(entries: Sequence[Entry], limits: HealthLimits) -> str | None:
    """Return why a board that is in use is to be set aside; None: it is not."""
    if not limits.enabled or set_aside(entries):
        return None
    last = _counting(entries)[-limits.window :]
    bad = [faults for faults in (faults_of(*each, limits) for each in last) if faults]
    if len(bad) < limits.bad:
        return None
    told = "; ".join(dict.fromkeys(fault for faults in bad for fault in faults))
    return shortened(f"{len(bad)} of its last {len(last)} sessions were bad: {told}", LONGEST)


def _since_healed(entries: Sequence[Entry]) -> Sequence[Entry]:
    healed = [number for number, each in enumerate(entries) if isinstance(each, Healed)]
    return entries[healed[-1] + 1 :] if healed else entries


def _counting(entries: Sequence[Entry]) -> list[tuple[Session, list[Compared]]]:
    """Return the sessions since a board was last taken back, each with its comparisons."""
    counting: list[tuple[Session, list[Compared]]] = []
    for each in _since_healed(entries):
        if isinstance(each, Session):
            counting.append((each, []))
        elif isinstance(each, Compared) and counting:
            counting[-1][1].append(each)
    return counting
