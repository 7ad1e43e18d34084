# SPDX-License-Identifier: MIT
"""The rule by which boards are held against each other, and what follows from its two bounds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hil.health.limits import HealthLimits
from hil.results.boards.differing import deviations, differences
from hil.results.boards.siblings import FEWEST, ROUNDS, About, Standing, held, standings

NAMES = ("a", "b", "c", "d", "e", "f", "g")
FIGURES = st.integers(0, 10**7)
CLOSE = st.integers(1000, 1060)  # where bounds and scatter are of one size
MEDIANS = st.dictionaries(st.sampled_from(NAMES), FIGURES, max_size=7) | st.dictionaries(
    st.sampled_from(NAMES), CLOSE | st.integers(1400, 1700), max_size=7
)
ABOUT = st.builds(
    About,
    st.sampled_from(["invoke", "transfer"]),
    st.sampled_from(["", "udp"]),
    st.booleans(),
    st.booleans(),
    st.just("tiny"),
    st.just(False),
)
LIMITS = st.builds(HealthLimits, deviation=st.integers(1, 200))

Bounds = dict[str, tuple[bool, bool]]


def bounds(about: About, medians: dict[str, int], limits: HealthLimits) -> Bounds:
    """Return by board whether it is shown, and whether it is held against its health."""
    return {each.board: (each.differs, each.is_far(limits)) for each in held(about, medians)}


@given(ABOUT, MEDIANS, LIMITS)
def test_what_is_held_against_health_is_always_shown(
    about: About, medians: dict[str, int], limits: HealthLimits
) -> None:
    assert all(shown for shown, far in bounds(about, medians, limits).values() if far)


@given(ABOUT, MEDIANS, st.integers(1, 200), st.integers(0, 200))
def test_a_wider_limit_holds_nothing_more_against_anybody(
    about: About, medians: dict[str, int], deviation: int, more: int
) -> None:
    narrow = bounds(about, medians, HealthLimits(deviation=deviation))
    wide = bounds(about, medians, HealthLimits(deviation=deviation + more))
    assert all(narrow[board][1] for board, (_, far) in wide.items() if far)


@given(ABOUT, FIGURES, st.integers(2, 7), LIMITS)
def test_boards_that_are_equal_never_differ(
    about: About, median: int, count: int, limits: HealthLimits
) -> None:
    medians = dict.fromkeys(NAMES[:count], median)
    assert set(bounds(about, medians, limits).values()) == {(False, False)}


@given(ABOUT, st.lists(FIGURES, min_size=1, max_size=7), LIMITS)
def test_a_board_like_the_median_of_its_siblings_never_differs(
    about: About, siblings: list[int], limits: HealthLimits
) -> None:
    doubled = tuple(2 * each for each in siblings)  # so that their median is a whole number
    standing = Standing("a", about, 0, doubled)
    standing = Standing("a", about, int(standing.middle), doubled)
    assert not standing.differs
    assert not standing.is_far(limits)


@given(ABOUT, MEDIANS, LIMITS, st.permutations(range(7)))
def test_the_order_of_boards_does_not_matter(
    about: About, medians: dict[str, int], limits: HealthLimits, order: list[int]
) -> None:
    listed = list(medians.items())
    shuffled = dict(listed[each] for each in order if each < len(listed))
    assert bounds(about, shuffled, limits) == bounds(about, medians, limits)


@given(ABOUT, MEDIANS, LIMITS, st.integers(1, 20))
def test_all_times_together_may_be_longer(
    about: About, medians: dict[str, int], limits: HealthLimits, power: int
) -> None:
    # By a power of two, which rounds nothing: what lies on a bound stays on it.
    longer = {board: each << power for board, each in medians.items()}
    assert bounds(about, longer, limits) == bounds(about, medians, limits)
    for one, other in zip(held(about, medians), held(about, longer), strict=True):
        assert other.middle == one.middle * 2**power


@given(ABOUT, st.lists(FIGURES, min_size=1, max_size=7), FIGURES, FIGURES, LIMITS)
def test_what_is_far_stays_far_further_away(
    about: About, siblings: list[int], more: int, further: int, limits: HealthLimits
) -> None:
    near = Standing("a", about, max(siblings) + more, tuple(siblings))
    away = Standing("a", about, max(siblings) + more + further, tuple(siblings))
    assert not near.differs or away.differs
    assert not near.is_far(limits) or away.is_far(limits)


@given(ABOUT, MEDIANS, LIMITS)
def test_nothing_is_held_against_as_many_boards_as_are_well(
    about: About, medians: dict[str, int], limits: HealthLimits
) -> None:
    far = sum(each for _, each in bounds(about, medians, limits).values())
    assert not far or 2 * far < len(medians)
    assert not far or len(medians) >= FEWEST


@given(ABOUT, FIGURES, FIGURES)
def test_two_boards_differ_both_or_neither_where_nothing_is_granted(
    about: About, one: int, other: int
) -> None:
    exact = about._replace(link="", simulated=True)
    found = [each.differs for each in held(exact, {"a": one, "b": other})]
    assert found == [one != other] * 2


def test_boards_that_scatter_do_not_differ() -> None:
    about = About("transfer", "udp", False, False, "tiny", False)
    scattered = {"a": 1000, "b": 2000, "c": 3100, "d": 4000}
    assert set(bounds(about, scattered, HealthLimits()).values()) == {(False, False)}


def rows(medians: dict[str, int], rounds: int = ROUNDS, **more: Any) -> list[dict[str, Any]]:
    about = {"combination": "tiny", "tail": "edge", "via": "tcp"}
    about |= {"simulated": False, "advisory": False, **more}
    return [
        {**about, "board": name, "stages_us": {"invoke": us, "transfer": us}}
        for name, us in medians.items()
        for _ in range(rounds)
    ]


def document(*inferences: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "inferences": [row for each in inferences for row in each],
        "round_trips": [],
        "photos": [],
        "combinations": [],
        "boards": [{"name": name} for name in NAMES],
    }


def test_only_what_did_the_same_is_comparable() -> None:
    rest = {"a": 1000, "b": 1000}
    for other in (
        {"combination": "dogs19"},
        {"simulated": True},
        {"advisory": True},
        {"tail": "none"},
    ):
        found = standings(document(rows(rest), rows({"c": 9000}, **other)))
        assert {each.board for each in found} == {"a", "b"}, other
        assert deviations(document(rows(rest), rows({"c": 9000}, **other)), HealthLimits()) == {}


def test_the_head_takes_the_same_whatever_link_follows_and_transfer_does_not() -> None:
    found = standings(document(rows({"a": 1, "b": 1}), rows({"c": 1}, via="ble")))
    assert [(each.about.stage, each.board) for each in found] == [
        ("invoke", "a"),
        ("invoke", "b"),
        ("invoke", "c"),
        ("transfer", "a"),
        ("transfer", "b"),
    ]


def test_too_few_rounds_neither_differ_nor_are_differed_from() -> None:
    few = rows({"c": 9000}, rounds=ROUNDS - 1)
    assert standings(document(rows({"a": 1000}), few)) == []


@given(st.dictionaries(st.sampled_from(NAMES), CLOSE | st.integers(1400, 1700)), LIMITS)
def test_a_session_that_holds_something_against_a_board_shows_that_board(
    medians: dict[str, int], limits: HealthLimits
) -> None:
    ran = document(rows(medians))
    shown = {(each.board, each.what) for each in differences(ran)}
    for board, kept in deviations(ran, limits).items():
        for each in kept:
            what = f"{each.stage} over {each.via}" if each.via else "the head"
            assert (board, what) in shown
