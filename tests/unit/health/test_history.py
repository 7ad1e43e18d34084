# SPDX-License-Identifier: MIT
"""When a board is set aside, and taken back: laws of its history."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from hil.health.assessment import too_much
from hil.health.entry import (
    Compared,
    Difference,
    Entry,
    Healed,
    Quarantined,
    Session,
    Sighting,
    Signs,
)
from hil.health.history import judge, overdue, set_aside
from hil.health.limits import MOST_SESSIONS, HealthLimits

AT = "2026-12-01T09:00:00+00:00"
BOARD = Sighting("desk-1", "ttyUSB0", "/dev/ttyUSB0", "f4:12:fa:01:02:03", False)
SICK, SOUND = Signs(tests=1, retries=9), Signs(tests=1)

ENTRIES = st.lists(
    st.one_of(
        st.builds(Session, st.just(AT), st.just(BOARD), st.sampled_from([SICK, SOUND])),
        st.builds(
            Compared, st.just(AT), st.just((Difference("tcp", "invoke", 2_300_000, 1_541_654),))
        ),
        st.builds(Quarantined, st.just(AT), st.sampled_from(["smoke", "noise"]), st.just("ada")),
        st.builds(Healed, st.just(AT), st.just("ada")),
    ),
    max_size=30,
)
LIMITS = st.integers(1, MOST_SESSIONS).flatmap(
    lambda window: st.builds(HealthLimits, window=st.just(window), bad=st.integers(1, window))
)


def sessions(pattern: str) -> list[Entry]:
    """Return a session for each letter: ``x`` a bad one."""
    return [Session(AT, BOARD, SICK if each == "x" else SOUND) for each in pattern]


def kept(entries: Sequence[Entry], limits: HealthLimits) -> list[Entry]:
    """Enter one after the other, as sessions do."""
    found: list[Entry] = []
    for each in entries:
        found.append(each)
        if (why := overdue(found, limits)) is not None:
            found.append(Quarantined(AT, why, "limits"))
    return found


def test_three_bad_sessions_of_five_set_a_board_aside_and_say_what_they_were() -> None:
    limits = HealthLimits()
    assert overdue(sessions("xx"), limits) is None
    assert overdue(sessions("x..x...x"), limits) is None
    assert overdue(sessions("x.x.x"), limits) == (
        "3 of its last 5 sessions were bad: 9 retries of flashing or starting it"
    )
    assert overdue(sessions("xxx"), limits) is not None


def test_a_board_that_nobody_knows_is_in_use() -> None:
    health = judge([], HealthLimits())
    assert (health.quarantined, health.sessions, health.seen) == (False, 0, None)


def test_a_figure_far_from_the_siblings_makes_the_session_before_a_bad_one() -> None:
    far = Compared(AT, (Difference("tcp", "invoke", 2_400_000, 1_500_000),))
    near = Compared(AT, (Difference("tcp", "invoke", 1_600_000, 1_500_000),))
    assert judge([*sessions("."), near], HealthLimits()).faults == ()
    assert judge([*sessions("."), far], HealthLimits()).faults == (
        "invoke over tcp took 2,400.000 ms, and 1,500.000 ms on its siblings",
    )
    assert judge([far], HealthLimits()).sessions == 0


def test_a_figure_that_no_link_takes_part_in_names_none() -> None:
    far = Compared(AT, (Difference("", "invoke", 2_400_000, 1_500_000),))
    assert judge([*sessions("."), far], HealthLimits()).faults == (
        "invoke took 2,400.000 ms, and 1,500.000 ms on its siblings",
    )


def test_what_has_set_it_aside_is_told_once_each_and_since_the_first() -> None:
    health = judge(
        [
            Quarantined("monday", "smoke", "ada"),
            Quarantined("tuesday", "noise", "bob"),
            Quarantined("wednesday", "smoke", "ada"),
        ],
        HealthLimits(),
    )
    assert str(health) == "set aside since monday: smoke; noise"


@given(ENTRIES, LIMITS)
def test_what_was_before_it_was_taken_back_counts_no_more(
    entries: list[Entry], limits: HealthLimits
) -> None:
    healed = judge([*entries, Healed(AT, "ada")], limits)
    assert not healed.quarantined
    assert (healed.sessions, healed.bad) == (0, 0)
    more = sessions("x.x")
    assert overdue([*entries, Healed(AT, "ada"), *more], limits) == overdue(more, limits)


@given(ENTRIES, LIMITS)
def test_a_board_that_is_set_aside_stays_so_until_it_is_taken_back(
    entries: list[Entry], limits: HealthLimits
) -> None:
    aside = False
    found: list[Entry] = []
    for each in kept(entries, limits):
        found.append(each)
        aside = isinstance(each, Quarantined) or (aside and not isinstance(each, Healed))
        assert judge(found, limits).quarantined == bool(set_aside(found)) == aside


@given(st.text("x.", max_size=30), LIMITS)
def test_a_board_is_set_aside_if_and_only_if_some_window_has_too_many_bad_sessions(
    pattern: str, limits: HealthLimits
) -> None:
    windows = (pattern[: end + 1][-limits.window :] for end in range(len(pattern)))
    expected = any(window.count("x") >= limits.bad for window in windows)
    assert judge(kept(sessions(pattern), limits), limits).quarantined == expected


@given(ENTRIES)
def test_nothing_is_set_aside_where_that_is_switched_off(entries: list[Entry]) -> None:
    assert overdue(entries, HealthLimits(enabled=False)) is None


@given(st.text("x.", max_size=20), st.integers(0, 19), LIMITS)
def test_a_session_that_was_worse_never_keeps_a_board_in_use(
    pattern: str, worse: int, limits: HealthLimits
) -> None:
    harder = pattern[:worse] + "x" + pattern[worse + 1 :]
    if judge(kept(sessions(pattern), limits), limits).quarantined:
        assert judge(kept(sessions(harder), limits), limits).quarantined


COUNTS = st.integers(0, 1000)


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.data())
def test_more_of_a_sign_is_never_less_of_a_fault(
    retries: int, resets: int, errors: int, lost: int, more: int, data: st.DataObject
) -> None:
    signs = Signs(1, retries, resets, errors, "Mute.", lost, lost + 500)
    field = data.draw(st.sampled_from(["retries", "resets", "errors", "lost"]))
    worse = Signs(**{**vars(signs), field: getattr(signs, field) + more})
    assert len(too_much(worse, HealthLimits())) >= len(too_much(signs, HealthLimits()))
