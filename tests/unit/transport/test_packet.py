# SPDX-License-Identifier: MIT
"""What every packet transport keeps of frames that are being dealt with."""

from hypothesis import given
from hypothesis import strategies as st

from hil.transport.packet import Progress


def test_nothing_begun_is_nothing_to_wait_for():
    assert (Progress().through, Progress().last) == (0, 0)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=20), st.data())
def test_through_is_just_below_the_lowest_that_is_open(steps, data):
    progress, numbers = Progress(), []
    for step in steps:
        numbers.append(progress.last + step)  # numbers may be missing
        progress.begin(numbers[-1])
    open_ = set(numbers)
    for number in data.draw(st.permutations(numbers)):
        assert progress.through == min(open_) - 1
        progress.end(number)
        open_.remove(number)
    assert progress.through == progress.last == numbers[-1]
