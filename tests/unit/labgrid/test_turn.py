# SPDX-License-Identifier: MIT
"""Whose turn it is to collect several places: nobody waits for ever, whatever everybody wants."""

import json
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from hil.labgrid.assignment import assignment, reservations
from hil.labgrid.filters import Tags, matches
from hil.labgrid.places import Place
from hil.labgrid.session import ALLOCATED, WAITING
from hil.labgrid.turn import Ticket, before

TAGS = [{"chip": "s3"}, {"chip": "s3", "room": "1"}, {"chip": "s3", "room": "2"}]
FILTERS = [{}, *TAGS, {"room": "1"}, {"room": "2"}, {"name": "p0"}, {"name": "p1"}]


def place(name: str, tags: Tags) -> Place:
    return Place(name, {**tags, "name": name}, "", "", 0.0, ())


places = st.lists(st.sampled_from(TAGS), min_size=2, max_size=4).map(
    lambda drawn: [place(f"p{number}", tags) for number, tags in enumerate(drawn)]
)
wishes = st.lists(st.sampled_from(FILTERS), min_size=1, max_size=3)


@dataclass
class Session:
    """One that wants places, as labgrid and :mod:`hil.labgrid.claims` have it go on."""

    ticket: Ticket
    asked: list[tuple[int, Tags]]
    collects: bool = False
    done: bool = False
    kept: dict[int, str] = field(default_factory=dict)

    @property
    def has_all(self) -> bool:
        return len(self.kept) == len(self.asked)


def able(sessions: list[Session], known: list[Place]) -> list[tuple[Session, Place | None]]:
    """Return who can go on, with the place that it is given, in any order that labgrid may have."""
    taken = {name for each in sessions for name in each.kept.values()}
    line = [s.ticket for s in sessions if len(s.asked) > 1 and not s.done and not s.has_all]
    steps: list[tuple[Session, Place | None]] = []
    for each in sessions:
        if each.done:
            continue
        if each.has_all or (not each.collects and len(each.asked) == 1):
            steps.append((each, None))
        elif not each.collects:
            if not before(each.ticket.token, line, known):
                steps.append((each, None))
        else:
            open_tags = [tags for at, tags in each.asked if at not in each.kept]
            free = [one for one in known if one.name not in taken]
            steps += [(each, p) for p in free if any(matches(t, p.tags) for t in open_tags)]
    return steps


def go_on(session: Session, given: Place | None) -> None:
    if given is not None:  # labgrid serves the older reservation
        at = next(
            at for at, tags in session.asked if at not in session.kept and matches(tags, given.tags)
        )
        session.kept[at] = given.name
    elif session.collects:
        session.done = True
        session.kept.clear()
    else:
        session.collects = True


@settings(max_examples=300)
@given(places, st.lists(wishes, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_everybody_has_all_in_the_end_in_whatever_order_places_are_given(
    known: list[Place], wanted: list[list[Tags]], chance: Random
) -> None:
    sessions = []
    for number, filters in enumerate(wanted):
        if (assigned := assignment(filters, known)) is None:
            continue
        ticket = Ticket(float(number // 2), f"T{number}", f"h/{number}", tuple(filters))
        sessions.append(Session(ticket, reservations(filters, known, assigned)))
    while not all(each.done for each in sessions):
        steps = able(sessions, known)
        assert steps, "all wait for each other"
        go_on(*chance.choice(steps))


@given(places, st.lists(wishes, min_size=1, max_size=6))
def test_those_whose_turn_it_is_want_nothing_of_each_other_and_the_oldest_is_among_them(
    known: list[Place], wanted: list[list[Tags]]
) -> None:
    line = [
        Ticket(float(number // 2), f"T{number}", "h/u", tuple(filters))
        for number, filters in enumerate(wanted)
    ]
    first = [each for each in line if not before(each.token, line, known)]
    assert line[0] in first
    for one in first:
        for other in first:
            assert one is other or not one.wants_of(other, known)


def reservation(tags: dict[str, str], state: int = WAITING) -> SimpleNamespace:
    main = SimpleNamespace(filter=tags)
    return SimpleNamespace(
        state=state, filters={"main": main}, created=1.0, token="T", owner="host/ada"
    )


def test_other_reservations_are_no_tickets_nor_is_one_that_has_expired() -> None:
    said = json.dumps([{"chip": "s3"}, {}])
    ticket = Ticket.of(reservation({"hil_several": said}))
    assert ticket == Ticket(1.0, "T", "host/ada", ({"chip": "s3"}, {}))
    assert str(ticket).startswith("host/ada has waited for 2 places since 1970-01-01T")
    assert Ticket.of(reservation({"hil_several": said}, ALLOCATED)) is None
    for other in ({"chip": "s3"}, {"hil_several": "x"}, {"hil_several": "[1]"}):
        assert Ticket.of(reservation(other)) is None
