# SPDX-License-Identifier: MIT
"""Who has connected and not greeted."""

from hypothesis import given
from hypothesis import strategies as st

from hil.transport.lobby import Lobby


class Guest:
    """A connection that remembers whether it was dropped."""

    def __init__(self, host):
        self.host = host
        self.dropped = False

    def abort(self, reason):
        self.dropped = True


def test_for_one_more_the_oldest_of_the_address_with_most_goes():
    lobby = Lobby(4)
    alone, *many = guests = [Guest("a"), Guest("b"), Guest("b"), Guest("b")]
    for each in guests:
        lobby.enter(each)
    lobby.enter(Guest("c"))
    assert [each.dropped for each in many] == [True, False, False]
    assert not alone.dropped


def test_who_was_let_in_is_never_dropped():
    lobby, board = Lobby(2), Guest("b")
    lobby.enter(board)
    assert lobby.leave(board)
    for _ in range(100):
        lobby.enter(Guest("b"))
    assert not board.dropped
    assert not lobby.leave(board)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=60))
def test_there_are_never_more_than_may_be_and_each_is_here_or_gone(steps):
    lobby, here = Lobby(3), []
    for comes, which in steps:
        if comes:
            here.append(Guest("abcdef"[which]))
            lobby.enter(here[-1])
        elif here:
            lobby.leave(here.pop(which % len(here)))
        here = [each for each in here if not each.dropped]
        assert len(lobby) == len(here) <= 3
        assert sum(lobby._of.values()) == len(here)
