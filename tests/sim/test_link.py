# SPDX-License-Identifier: MIT
"""The link model: rate, overhead, latency, and one thing after the other."""

from hypothesis import given
from hypothesis import strategies as st

from hil.sim.clock import CYCLES_PER_US
from hil.sim.link import WIFI_TCP, LinkDirection, LinkParameters

LINK = LinkParameters(rate_kbps=8_000, latency_us=500, packet_bytes=100, overhead_bytes=10)


def test_one_packet_takes_its_bytes_at_the_rate_and_then_the_latency() -> None:
    left, arrived = LinkDirection(LINK).send(0, 90)
    assert left == 100 * CYCLES_PER_US  # 100 bytes with the header, at one byte a microsecond
    assert arrived == left + 500 * CYCLES_PER_US


def test_every_packet_has_its_overhead() -> None:
    left, _ = LinkDirection(LINK).send(0, 250)
    assert left == (250 + 3 * 10) * CYCLES_PER_US


def test_what_is_sent_meanwhile_waits_its_turn() -> None:
    link = LinkDirection(LINK)
    first, _ = link.send(0, 90)
    second, _ = link.send(10, 90)
    assert second == 2 * first


def test_an_idle_link_starts_at_once() -> None:
    link = LinkDirection(LINK)
    link.send(0, 90)
    left, _ = link.send(1_000_000, 90)
    assert left == 1_000_000 + 100 * CYCLES_PER_US


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 5_000)), max_size=20))
def test_things_arrive_in_the_order_in_which_they_were_sent(sends: list[tuple[int, int]]) -> None:
    link, now, last = LinkDirection(WIFI_TCP), 0, 0
    for wait, length in sends:
        now += wait
        left, arrived = link.send(now, length)
        assert now < left < arrived
        assert arrived > last
        last = arrived


def test_the_activation_of_the_original_crosses_in_the_time_its_authors_published() -> None:
    _, arrived = LinkDirection(WIFI_TCP).send(0, 5_488)
    assert 3_200 <= arrived / CYCLES_PER_US <= 3_400
