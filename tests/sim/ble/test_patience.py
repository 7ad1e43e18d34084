# SPDX-License-Identifier: MIT
"""For which hosts a board that advertises is kept waiting, by what their radios do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.sim.ble.patience import HEARD, QUIET, Patience


class Radio:
    """A host's radio that does as it is told."""

    def __init__(self):
        self.le_connections = {}
        self.searching = False
        self.commands = self.searches = self.attempts = 0

    def search(self):
        self.commands += 2
        self.searches += 1
        self.searching = True

    def rest(self):
        self.commands += 1
        self.searching = False

    def try_it(self):
        self.commands += 1
        self.attempts += 1
        self.searching = False

    def fail(self):
        self.commands += 1


def advertise(patience, radios, count=1):
    """Return whether the board is kept waiting after the last of so many advertisements."""
    return [patience.advertised(radios) for _ in range(count)][-1]


def test_nobody_is_waited_for_where_no_radio_is_free():
    radio = Radio()
    radio.le_connections["somebody"] = object()
    assert not Patience().advertised([])
    assert not Patience().advertised([radio])


def test_an_idle_radio_is_waited_for_a_while():
    patience, radio = Patience(), Radio()
    assert advertise(patience, [radio], QUIET - 1)
    assert not advertise(patience, [radio])


def test_each_command_shows_that_the_host_is_about_something():
    patience, radio = Patience(), Radio()
    for _ in range(5):
        assert advertise(patience, [radio], QUIET - 1)
        radio.rest()
    assert advertise(patience, [radio], QUIET - 1)
    assert not advertise(patience, [radio])


def test_a_host_however_slow_is_waited_for_while_it_has_only_heard_the_board():
    patience, radio = Patience(), Radio()
    radio.search()
    assert advertise(patience, [radio], QUIET - 1)
    radio.rest()  # it has found what it wants, and is about to connect
    assert advertise(patience, [radio], QUIET - 1)


def test_a_host_that_has_heard_the_board_and_searches_on_wants_another():
    patience, radio = Patience(), Radio()
    radio.search()
    assert advertise(patience, [radio], HEARD)
    radio.rest()
    assert advertise(patience, [radio])
    radio.search()
    assert not advertise(patience, [radio])


def test_a_host_may_overlook_a_board_as_its_scan_ends():
    patience, radio = Patience(), Radio()
    radio.search()
    assert advertise(patience, [radio], HEARD // 2)
    radio.rest()
    radio.search()
    assert advertise(patience, [radio], HEARD - HEARD // 2 - 1)


def test_a_host_that_has_tried_to_connect_and_searches_again_wants_this_one():
    patience, radio = Patience(), Radio()
    for _ in range(3):
        radio.search()
        assert advertise(patience, [radio], HEARD)
        radio.try_it()
        assert advertise(patience, [radio], HEARD)
        radio.fail()


def test_one_host_that_may_come_is_enough():
    patience, idle, other, wanting = Patience(), Radio(), Radio(), Radio()
    radios = [idle, other, wanting]
    for _ in range(3):
        other.search()
        wanting.rest()
        assert advertise(patience, radios, HEARD)
        other.rest()
    assert not advertise(patience, [idle, other])


@given(st.lists(st.sampled_from(["search", "rest", "try_it", "fail"]), max_size=20), st.data())
def test_a_host_that_does_nothing_any_more_is_not_waited_for_for_ever(deeds, data):
    patience, radio = Patience(), Radio()
    for deed in deeds:
        getattr(radio, deed)()
        advertise(patience, [radio], data.draw(st.integers(1, QUIET)))
    assert not advertise(patience, [radio], QUIET)


@pytest.mark.parametrize("late", [0, 1, QUIET])
def test_what_a_radio_did_before_the_board_advertised_does_not_count(late):
    radio = Radio()
    for _ in range(late):
        radio.search()
        radio.rest()
    radio.search()
    assert advertise(Patience(), [radio], HEARD)
