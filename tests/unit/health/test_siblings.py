# SPDX-License-Identifier: MIT
"""A board that differs from its siblings is told from boards that scatter."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hil.health.entry import Difference
from hil.health.limits import HealthLimits
from hil.health.siblings import differences

LIMITS = HealthLimits()


def rows(medians: dict[str, int], stage: str = "invoke", via: str = "tcp") -> list[dict[str, Any]]:
    return [
        {
            "board": name,
            "combination": "tiny",
            "tail": "edge",
            "simulated": False,
            "advisory": False,
            "via": via,
            "stages_us": {stage: {"p50": p50}},
        }
        for name, p50 in medians.items()
    ]


def test_the_slow_one_of_three_is_told_with_what_the_others_took() -> None:
    found = differences({"latency": rows({"a": 1000, "b": 1010, "c": 1600})}, LIMITS)
    assert found == {"c": (Difference("tcp", "invoke", 1600, 1005),)}


def test_of_two_that_differ_none_is_told() -> None:
    assert differences({"latency": rows({"a": 1000, "b": 9000})}, LIMITS) == {}


def test_boards_that_scatter_do_not_differ() -> None:
    scattered = {"a": 1000, "b": 2000, "c": 3100, "d": 4000}
    assert differences({"latency": rows(scattered, "transfer")}, LIMITS) == {}


def test_only_what_did_the_same_is_compared() -> None:
    latency = [
        *rows({"a": 1000, "b": 1000}),
        *rows({"c": 9000}, via="ble"),
        *rows({"a": 1, "b": 1, "c": 9}, stage="edge"),
    ]
    latency.append({**rows({"c": 9000})[0], "combination": "dogs19"})
    assert differences({"latency": latency}, LIMITS) == {}


def test_what_was_taken_under_load_is_compared_with_its_like_and_hides_nothing() -> None:
    alone = rows({"a": 1000, "b": 1000, "c": 9000})
    loaded = [{**each, "advisory": True} for each in rows({"a": 9000, "b": 9000, "c": 9000})]
    assert list(differences({"latency": [*alone, *loaded]}, LIMITS)) == ["c"]


MEDIANS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e", "f"]), st.integers(1, 10_000_000), max_size=6
)


@given(MEDIANS)
def test_never_do_as_many_boards_differ_as_do_not(medians: dict[str, int]) -> None:
    found = differences({"latency": rows(medians)}, LIMITS)
    assert not found or 2 * len(found) < len(medians)


@given(MEDIANS, st.permutations(range(6)))
def test_the_order_of_the_boards_does_not_matter(medians: dict[str, int], order: list[int]) -> None:
    listed = rows(medians)
    shuffled = [listed[each] for each in order if each < len(listed)]
    assert differences({"latency": listed}, LIMITS) == differences({"latency": shuffled}, LIMITS)


@given(st.integers(1, 10_000_000), st.integers(3, 6))
def test_boards_that_are_alike_never_differ(median: int, count: int) -> None:
    alike = {f"board {number}": median for number in range(count)}
    assert differences({"latency": rows(alike)}, LIMITS) == {}
