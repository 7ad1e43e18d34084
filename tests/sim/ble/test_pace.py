# SPDX-License-Identifier: MIT
"""Frames to a host go no faster than a radio sends them."""

import pytest

from hil.sim.ble.pace import BURST, FRAME_S, Pace

FRAMES = [bytes([number]) for number in range(100)]


class Loop:
    """An event loop's clock, and one timer."""

    def __init__(self):
        self.now = 1000.0
        self.timer = None

    def time(self):
        return self.now

    def call_at(self, when, callback):
        assert self.timer is None
        self.timer = when, callback
        return self

    def cancel(self):
        self.timer = None

    def ring(self):
        (self.now, callback), self.timer = self.timer, None
        callback()


@pytest.fixture
def loop():
    return Loop()


def test_a_burst_goes_at_once_and_the_rest_as_fast_as_a_radio(loop):
    sent = []
    pace = Pace(lambda frame: sent.append((frame, loop.now)), loop)
    for frame in FRAMES:
        pace.put(frame)
    assert [frame for frame, _ in sent] == FRAMES[:BURST]
    while loop.timer:
        loop.ring()
    assert [frame for frame, _ in sent] == FRAMES
    for number, (_, time) in enumerate(sent):
        assert time - 1000.0 == pytest.approx(max(0, number - BURST + 1) * FRAME_S)


def test_a_rest_earns_no_more_than_one_burst(loop):
    sent = []
    pace = Pace(sent.append, loop)
    pace.put(FRAMES[0])
    sent.clear()
    loop.now += 3 * BURST * FRAME_S
    for frame in FRAMES:
        pace.put(frame)
    assert sent == FRAMES[:BURST]


def test_what_waits_goes_at_once_and_in_order_before_the_air_is_left(loop):
    sent = []
    pace = Pace(sent.append, loop)
    for frame in FRAMES:
        pace.put(frame)
    pace.hurry()
    assert sent == FRAMES
    assert loop.timer is None
