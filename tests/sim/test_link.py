# SPDX-License-Identifier: MIT
"""The link model: rate, overhead, latency, one thing after the other, and what is random in it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.radio.link import REORDER_FLOOR_US, LinkDirection, LinkParameters
from hil.sim.radio.presets import PRESETS, unshaped

LINK = LinkParameters(rate_kbps=8_000, latency_us=500, packet_bytes=100, overhead_bytes=10)
TIMEOUT_US = 200_000
SENDS = st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 5_000)), max_size=30)
SHARES = st.floats(0, 0.9)
RANDOM = st.builds(
    LinkParameters,
    rate_kbps=st.sampled_from([0, 1_000, 8_000]),
    latency_us=st.integers(0, 2_000),
    packet_bytes=st.just(1_000),
    overhead_bytes=st.integers(0, 100),
    jitter_us=st.integers(0, 5_000),
    loss=SHARES,
    duplicate=SHARES,
    reorder=SHARES,
)


def test_one_packet_takes_its_bytes_at_the_rate_and_then_the_latency() -> None:
    left, arrivals = LinkDirection(LINK).datagram(0, 90)
    assert left == 100 * CYCLES_PER_US  # 100 bytes with the header, at one byte a microsecond
    assert arrivals == (left + 500 * CYCLES_PER_US,)


def test_every_packet_has_its_overhead() -> None:
    left, _ = LinkDirection(LINK).stream(0, 250, TIMEOUT_US)
    assert left == (250 + 3 * 10) * CYCLES_PER_US


def test_what_is_sent_meanwhile_waits_its_turn() -> None:
    link = LinkDirection(LINK)
    first, _ = link.datagram(0, 90)
    second, _ = link.datagram(10, 90)
    assert second == 2 * first


def test_an_idle_link_starts_at_once() -> None:
    link = LinkDirection(LINK)
    link.datagram(0, 90)
    left, _ = link.datagram(1_000_000, 90)
    assert left == 1_000_000 + 100 * CYCLES_PER_US


def test_an_unshaped_link_takes_no_time() -> None:
    assert LinkDirection(unshaped(PRESETS["udp"])).datagram(7, 5_000) == (7, (7,))


@given(RANDOM, st.text(), SENDS)
def test_the_same_seed_gives_the_same_fates(
    link: LinkParameters, seed: str, sends: list[tuple[int, int]]
) -> None:
    one, two = LinkDirection(link, seed), LinkDirection(link, seed)
    assert [one.datagram(*send) for send in sends] == [two.datagram(*send) for send in sends]


def test_another_seed_gives_others() -> None:
    link = replace(LINK, loss=0.5)
    one, two = LinkDirection(link, "a"), LinkDirection(link, "b")
    assert [one.datagram(0, 9) for _ in range(64)] != [two.datagram(0, 9) for _ in range(64)]


@given(RANDOM, RANDOM, SENDS)
def test_which_packets_are_lost_depends_on_nothing_but_seed_and_loss(
    one: LinkParameters, two: LinkParameters, sends: list[tuple[int, int]]
) -> None:
    two = replace(two, loss=one.loss)
    pair = LinkDirection(one, "seed"), LinkDirection(two, "seed")
    lost = [[not link.datagram(*send).arrivals for send in sends] for link in pair]
    assert lost[0] == lost[1]


@given(RANDOM, SENDS)
def test_a_datagram_arrives_at_most_twice_and_never_before_it_has_left(
    link: LinkParameters, sends: list[tuple[int, int]]
) -> None:
    direction = LinkDirection(link)
    for now, length in sends:
        left, arrivals = direction.datagram(now, length)
        assert left >= now
        assert len(arrivals) <= 2
        assert all(at >= left + link.latency_us * CYCLES_PER_US for at in arrivals)


@given(RANDOM, SENDS)
def test_without_reordering_datagrams_arrive_in_the_order_of_sending(
    link: LinkParameters, sends: list[tuple[int, int]]
) -> None:
    direction = LinkDirection(replace(link, reorder=0.0))
    arrivals = [at for now, length in sends for at in direction.datagram(now, length).arrivals]
    assert arrivals == sorted(arrivals)


def test_losses_duplicates_and_reordering_come_as_often_as_asked_for() -> None:
    count, link = 20_000, replace(LINK, loss=0.2, duplicate=0.1, reorder=0.05)
    direction = LinkDirection(link, "seed")
    packet = link.cycles(link.packet_bytes)
    fates = [direction.datagram(n * packet, 100) for n in range(count)]
    arrived = [fate.arrivals for fate in fates if fate.arrivals]
    in_time = (link.latency_us + 1) * CYCLES_PER_US
    held = [fate for fate in fates if fate.arrivals and fate.arrivals[-1] - fate.left > in_time]
    assert abs((count - len(arrived)) / count - 0.2) < 0.01
    assert abs(sum(len(a) == 2 for a in arrived) / len(arrived) - 0.1) < 0.01
    assert abs(len(held) / len(arrived) - 0.05) < 0.01


def test_a_packet_that_is_held_back_is_overtaken_by_those_sent_right_behind_it() -> None:
    direction = LinkDirection(replace(LINK, reorder=0.3), "seed")
    arrivals = [direction.datagram(0, 100).arrivals[0] for _ in range(100)]
    assert arrivals != sorted(arrivals)
    assert (
        max(sum(later < arrival for later in arrivals[n:]) for n, arrival in enumerate(arrivals))
        <= 4
    )


def test_reordering_needs_no_delays() -> None:
    direction = LinkDirection(unshaped(replace(LINK, reorder=0.5)), "seed")
    late = {direction.datagram(0, 100).arrivals[0] for _ in range(50)} - {0}
    assert late
    assert min(late) >= REORDER_FLOOR_US * CYCLES_PER_US


@given(RANDOM, SENDS)
def test_a_stream_arrives_whole_and_in_order_whatever_is_lost(
    link: LinkParameters, sends: list[tuple[int, int]]
) -> None:
    direction, last = LinkDirection(link), 0
    for now, length in sends:
        left, arrival = direction.stream(now, length, TIMEOUT_US)
        assert arrival >= max(left + link.latency_us * CYCLES_PER_US, last)
        last = arrival


def test_a_lost_segment_costs_a_stream_time_outs_that_double() -> None:
    link = replace(LINK, loss=0.5)
    direction = LinkDirection(link, "seed")
    waits = set()
    for n in range(200):
        left, arrival = direction.stream(n * 10**12, 50, TIMEOUT_US)
        waits.add((arrival - left) // CYCLES_PER_US - link.latency_us)
    assert {0, 200_000, 600_000, 1_400_000} <= waits
    assert all(wait % TIMEOUT_US == 0 for wait in waits)
