# SPDX-License-Identifier: MIT
"""The last of what a board has said."""

from hypothesis import given
from hypothesis import strategies as st

from hil.console.kept import Kept


@given(st.lists(st.binary(max_size=30)), st.integers(1, 8), st.integers(1, 60))
def test_what_is_kept_are_the_last_items_within_both_limits(items, count, size):
    kept = Kept(count, size, len)
    for item in items:
        kept.add(item)
        assert len(kept) <= count
        assert sum(map(len, kept)) <= size or len(kept) == 1
    assert list(kept) == items[len(items) - len(kept) :]
    assert kept.dropped == len(items) - len(kept)


def test_what_is_taken_makes_room_and_counts_as_no_loss():
    kept = Kept(10, 6, len)
    for item in (b"aa", b"bb", b"cc"):
        kept.add(item)
    kept.remove(b"bb")
    assert kept.pop_first() == b"aa"
    kept.add(b"dddd")
    assert (list(kept), kept.dropped) == ([b"cc", b"dddd"], 0)
    kept.clear()
    assert (len(kept), kept.dropped) == (0, 0)
