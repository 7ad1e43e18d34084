# SPDX-License-Identifier: MIT
"""The shaper: errors cost time, never bytes or their order; only connection events carry data."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.sim.ble.connection import SUPERVISION_TIMEOUT_US, Connection, Side
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.radio.link import LinkParameters
from hil.sim.radio.presets import PRESETS, unshaped

BLE = PRESETS["ble"]
INTERVAL = BLE.interval_us
FULL_US = BLE.cycles(244) / CYCLES_PER_US


def carry(
    sent: list[tuple[int, Side, int]], link: LinkParameters = BLE, seed: str = "1"
) -> tuple[list[list[tuple[int, float]]], list[float]]:
    """Send (at microsecond, by side, length); return each side's arrivals and when it was lost."""
    clock, arrivals, losses = SimClock(), [[], []], []
    connection = Connection(clock, link, seed, lambda: losses.append(clock.now / CYCLES_PER_US))

    def send(number: int, side: Side, length: int) -> None:
        def arrived() -> None:
            arrivals[side].append((number, clock.now / CYCLES_PER_US))

        connection.send(side, length, clock.now, arrived)

    for number, (time_us, side, length) in enumerate(sent):
        clock.at(time_us * CYCLES_PER_US, lambda n=number, s=side, b=length: send(n, s, b))
    while clock.step():
        pass
    return arrivals, losses


def burst(count: int, time_us: int = 1) -> list[tuple[int, Side, int]]:
    return [(time_us, Side.PERIPHERAL, 244)] * count


sends = st.lists(
    st.tuples(st.integers(0, 200_000), st.sampled_from(Side), st.integers(16, 244)), max_size=30
)


@settings(max_examples=50)
@given(sends, st.floats(0, 0.5), st.integers(0, 3_000), st.booleans(), st.text(max_size=3))
def test_nothing_is_lost_and_each_sides_order_is_kept(sent, loss, jitter_us, shaped, seed):
    link = replace(BLE if shaped else unshaped(BLE), loss=loss, jitter_us=jitter_us)
    arrivals, losses = carry(sent, link, seed)
    assert not losses
    for side in Side:
        in_order = sorted((time, n) for n, (time, who, _) in enumerate(sent) if who is side)
        assert [number for number, _ in arrivals[side]] == [number for _, number in in_order]
        times = [time for _, time in arrivals[side]]
        assert times == sorted(times)


@given(st.integers(0, 100_000), st.floats(0, 0.6), st.integers(16, 244), st.text(max_size=3))
def test_a_lone_frame_is_delayed_by_whole_intervals_and_its_airtime(time_us, loss, length, seed):
    ((_, arrivals), _) = carry(
        [(time_us, Side.PERIPHERAL, length)], replace(BLE, loss=loss, latency_us=0), seed
    )
    departed_us = arrivals[0][1] - BLE.cycles(length) / CYCLES_PER_US
    assert departed_us % INTERVAL == 0
    assert departed_us >= time_us
    if loss == 0:
        assert departed_us - time_us < INTERVAL


@given(st.integers(0, 10**9), st.integers(16, 244))
def test_an_exchange_takes_the_same_time_whenever_it_begins(begin, length):
    clock, arrivals = SimClock(), []
    connection = Connection(clock, BLE, "1", lambda: None)
    clock.at(begin, lambda: None)
    clock.step()
    connection.send(Side.PERIPHERAL, length, begin, lambda: arrivals.append(clock.now), begins=True)
    while clock.step():
        pass
    half = INTERVAL * CYCLES_PER_US // 2
    assert arrivals == [begin + half + BLE.cycles(length) + BLE.latency_us * CYCLES_PER_US]


def test_frames_wait_for_the_next_connection_event_and_then_follow_each_other():
    ((_, arrivals), _) = carry(burst(3))
    first = INTERVAL + FULL_US + BLE.latency_us
    assert [time for _, time in arrivals] == [first, first + FULL_US, first + 2 * FULL_US]


def test_an_event_carries_as_many_packets_as_end_before_the_next():
    ((_, arrivals), _) = carry(burst(30))
    events = [int((time - BLE.latency_us - FULL_US) // INTERVAL) for _, time in arrivals]
    most = int(INTERVAL // FULL_US)
    assert [events.count(event) for event in (1, 2, 3)] == [most, most, 30 - 2 * most]


def test_a_failed_exchange_closes_its_event():
    clean, bad = carry(burst(12))[0][1], carry(burst(12), replace(BLE, loss=0.2))[0][1]
    late = [b - c for (_, b), (_, c) in zip(bad, clean, strict=True)]
    assert late[-1] > 0
    assert late == sorted(late)


def test_a_frame_longer_than_a_packet_takes_several_and_arrives_with_the_last():
    short = replace(BLE, packet_bytes=20)
    ((_, arrivals), _) = carry([(1, Side.PERIPHERAL, 50)], short)
    airtime = (2 * short.cycles(20) + short.cycles(10)) / CYCLES_PER_US
    assert arrivals == [(0, INTERVAL + airtime + BLE.latency_us)]


def test_both_sides_share_the_air():
    (central, peripheral), _ = carry([(1, Side.CENTRAL, 244), (1, Side.PERIPHERAL, 244)])
    both = INTERVAL + 2 * FULL_US + BLE.latency_us
    assert (central, peripheral) == ([(0, both)], [(1, both)])


@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_an_unshaped_link_takes_no_time_but_for_what_fails(loss):
    ((_, arrivals), _) = carry(burst(20, 7), replace(unshaped(BLE), loss=loss))
    assert {time for _, time in arrivals} == {7} if not loss else len(arrivals) == 20


def test_a_connection_over_which_nothing_comes_is_lost_after_the_supervision_timeout():
    arrivals, losses = carry(burst(2, 15_000), replace(BLE, loss=1.0))
    assert arrivals == [[], []]
    (lost,) = losses
    begun = INTERVAL
    assert SUPERVISION_TIMEOUT_US < lost - begun <= SUPERVISION_TIMEOUT_US + INTERVAL


def test_a_connection_that_rests_is_not_lost():
    arrivals, losses = carry([*burst(1), *burst(1, 3 * SUPERVISION_TIMEOUT_US)])
    assert len(arrivals[Side.PERIPHERAL]) == 2
    assert not losses


def test_a_seed_fixes_every_time_and_another_changes_them():
    lossy = replace(BLE, loss=0.3, jitter_us=500)
    assert carry(burst(20), lossy, "1") == carry(burst(20), lossy, "1")
    assert carry(burst(20), lossy, "1") != carry(burst(20), lossy, "2")


def test_a_closed_connection_delivers_nothing():
    clock, arrived = SimClock(), []
    connection = Connection(clock, BLE, "1", lambda: arrived.append("lost"))
    connection.send(Side.CENTRAL, 20, 0, lambda: arrived.append("frame"))
    clock.step()
    connection.close()
    connection.send(Side.CENTRAL, 20, clock.now, lambda: arrived.append("frame"))
    while clock.step():
        pass
    assert arrived == []
