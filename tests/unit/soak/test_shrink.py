# SPDX-License-Identifier: MIT
"""The shortest sequence that fails."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from hil.soak.shrink import shrink

sequences = st.integers(1, 60).map(lambda length: list(range(1, length + 1)))


def always() -> bool:
    return True


@given(sequences, st.data())
def test_exactly_what_the_failure_takes_is_left(sequence: list[int], data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.sampled_from(sequence), max_size=5)) | {sequence[-1]}

    def fails(steps: Sequence[int]) -> bool:
        return needed <= set(steps)

    shrunk = shrink(sequence, fails, always)
    assert shrunk.steps == tuple(sorted(needed))
    assert shrunk.again
    assert shrunk.complete


@given(sequences, st.data())
def test_what_is_left_is_a_failing_part_of_it_and_no_step_can_be_left_out(
    sequence: list[int], data: st.DataObject
) -> None:
    """Also where more steps may fail less: one sets a mark, another clears it."""
    sets = data.draw(st.sets(st.sampled_from(sequence), max_size=4))
    clears = data.draw(st.sets(st.sampled_from(sequence), max_size=4)) - sets

    def fails(steps: Sequence[int]) -> bool:
        marked = False
        for step in steps[:-1]:
            marked = step in sets or (marked and step not in clears)
        return marked and steps[-1] == sequence[-1]

    shrunk = shrink(sequence, fails, always)
    assert shrunk.again == any(fails(sequence[-n:]) for n in range(1, len(sequence) + 1))
    if shrunk.again:
        steps = shrunk.steps
        assert fails(steps)
        assert set(steps) <= set(sequence)
        assert list(steps) == sorted(steps)
        assert not any(fails(steps[:n] + steps[n + 1 :]) for n in range(len(steps) - 1))


@given(sequences, st.integers(0, 12), st.data())
def test_when_time_is_up_the_shortest_that_failed_is_returned(
    sequence: list[int], replays: int, data: st.DataObject
) -> None:
    needed = data.draw(st.sets(st.sampled_from(sequence), max_size=5)) | {sequence[-1]}
    tried = 0

    def fails(steps: Sequence[int]) -> bool:
        nonlocal tried
        tried += 1
        return needed <= set(steps)

    shrunk = shrink(sequence, fails, lambda: tried < replays)
    assert shrunk.replays == tried <= replays
    assert needed <= set(shrunk.steps)
    assert shrunk.again or shrunk.steps == tuple(sequence)


def test_what_does_not_fail_again_is_said_to() -> None:
    shrunk = shrink([1, 2, 3, 4, 5], lambda _: False, always)
    assert shrunk.steps == (1, 2, 3, 4, 5)
    assert not shrunk.again
    assert not shrunk.complete
    assert shrunk.replays == 4


def test_few_replays_are_enough_for_a_failure_that_needs_its_last_step_only() -> None:
    shrunk = shrink(range(10_000), lambda steps: steps[-1] == 9_999, always)
    assert (shrunk.steps, shrunk.replays) == ((9_999,), 1)


def test_a_step_far_back_is_found_by_some_dozens_of_replays() -> None:
    shrunk = shrink(range(10_000), lambda steps: {4_321, 9_999} <= set(steps), always)
    assert shrunk.steps == (4_321, 9_999)
    assert shrunk.replays < 60
