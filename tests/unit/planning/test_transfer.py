# SPDX-License-Identifier: MIT
"""How long a message is on its way, played through without a lab (tests/sim compares with one)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.links import LINKS
from hil.planning.transfer.transfer import ESPNOW_BOARD, RANDOM_ROUNDS, transfer
from hil.protocol import BODY_OVERHEAD, HEADER_SIZE
from hil.protocol.auth import TAG_SIZE
from hil.sim.radio.presets import PRESETS

FRAME = {"tcp": None, "udp": 1_472, "espnow": 250, "ble": 244}


@pytest.mark.parametrize("via", LINKS)
@given(length=st.integers(1, 30_000))
@settings(max_examples=30)
def test_a_message_goes_in_as_few_frames_as_the_protocol_allows(via: str, length: int) -> None:
    found = transfer(via, length)
    assert found is not None
    limit = FRAME[via]
    body = BODY_OVERHEAD + length + TAG_SIZE
    if limit is None:
        assert (found.usual.frames, found.usual.wire_bytes) == (1, 4 + HEADER_SIZE + body)
        return
    count = -(-body // (limit - HEADER_SIZE))
    # Over ESP-NOW the retransmission timer may probe while the serial line is busy.
    assert count <= found.usual.frames <= count + 1
    if found.usual.frames == count:
        assert found.usual.wire_bytes == body + count * HEADER_SIZE


@pytest.mark.parametrize("via", [*LINKS, ESPNOW_BOARD])
@given(length=st.integers(1, 20_000), more=st.integers(1, 20_000))
@settings(max_examples=30)
def test_more_bytes_never_take_less_time(via: str, length: int, more: int) -> None:
    few, many = transfer(via, length), transfer(via, length + more)
    assert few is not None
    assert many is not None
    assert few.usual.transfer_us <= many.usual.transfer_us


@pytest.mark.parametrize("via", LINKS)
def test_it_takes_longer_than_the_link_alone(via: str) -> None:
    found, link = transfer(via, 5_488), PRESETS[via]
    assert found is not None
    assert found.usual.transfer_us > link.cycles(5_488) / 240 + 2 * link.latency_us
    assert (found.lost, found.rounds) == (0, 1)


def test_to_a_board_no_serial_line_is_crossed() -> None:
    by_gateway, direct = transfer("espnow", 5_488), transfer(ESPNOW_BOARD, 5_488)
    assert by_gateway is not None
    assert direct is not None
    assert direct.usual.transfer_us < by_gateway.usual.transfer_us


@pytest.mark.parametrize("via", LINKS)
def test_loss_costs_time_and_the_median_of_some_exchanges_counts(via: str) -> None:
    lossy = {via: replace(PRESETS[via], loss=0.2)}
    good, bad = transfer(via, 20_000), transfer(via, 20_000, lossy)
    assert good is not None
    assert bad is not None
    assert bad.rounds == RANDOM_ROUNDS
    assert bad.usual.transfer_us > good.usual.transfer_us
    assert transfer(via, 20_000, lossy) == bad
    if via in ("udp", "espnow"):
        assert bad.usual.frames > good.usual.frames


@pytest.mark.parametrize("via", ["udp", "espnow", "ble"])
def test_a_link_that_carries_nothing_has_no_time(via: str) -> None:
    assert transfer(via, 2_000, {via: replace(PRESETS[via], loss=0.999)}) is None
