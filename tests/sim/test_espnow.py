# SPDX-License-Identifier: MIT
"""ESP-NOW between the boards of a lab: the driver's rules and the air's."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.sim.chip.chip import virtual_mac
from hil.sim.clock.clock import CYCLES_PER_US, SimClock
from hil.sim.espnow.driver import (
    MAX_PEERS,
    TX_BUFFERS,
    DriverError,
    EspNowDriver,
    EspNowError,
)
from hil.sim.espnow.medium import ATTEMPTS, BROADCAST, RSSI_DBM, EspNowMedium
from hil.sim.radio.air import Air
from hil.sim.radio.presets import PRESETS

A, B, C = (virtual_mac(number) for number in (1, 2, 3))
FRAME_US = PRESETS["espnow"].cycles(250) // CYCLES_PER_US


def air(seed: int = 1, **changes: float) -> Air:
    return Air(SimClock(), {"espnow": replace(PRESETS["espnow"], **changes)}, seed)


def run(lab: Air) -> None:
    while lab.clock.step():
        pass


class Station:
    """A driver, and what its callbacks have said and when (us)."""

    def __init__(self, lab: Air, mac: bytes, channel: int = 1) -> None:
        self.clock = lab.clock
        self.channel = channel
        self.heard: list[tuple[int, bytes, bytes]] = []
        self.sent: list[tuple[int, bool]] = []
        medium = lab.shared(EspNowMedium)
        self.driver = EspNowDriver(
            lab.clock, medium, mac, lambda: self.channel, self._hear, self._sent
        )
        self.driver.init()

    def _now(self) -> int:
        return self.clock.now // CYCLES_PER_US

    def _hear(self, source: bytes, data: bytes, rssi: int, free: bool) -> None:
        assert rssi == RSSI_DBM
        assert not free
        self.heard.append((self._now(), source, data))

    def _sent(self, _mac: bytes, acknowledged: bool) -> None:
        self.sent.append((self._now(), acknowledged))

    def send(self, mac: bytes, data: bytes = bytes(250)) -> None:
        if mac not in self.driver.peers:
            self.driver.add_peer(mac)
        self.driver.send(mac, data, self.clock.now)

    def frames(self) -> list[bytes]:
        return [data for _, _, data in self.heard]


def test_a_frame_takes_its_airtime_is_acknowledged_and_arrives_with_its_senders_mac() -> None:
    lab = air()
    a, b = Station(lab, A), Station(lab, B)
    a.send(B, b"hello".ljust(250))
    run(lab)
    assert a.sent == [(FRAME_US, True)]
    assert b.heard == [(FRAME_US + PRESETS["espnow"].latency_us, A, b"hello".ljust(250))]
    assert 3_000 <= FRAME_US <= 3_500


@pytest.mark.parametrize("where", ["nowhere", "on another channel", "off"])
def test_a_peer_that_does_not_hear_costs_all_attempts_and_the_send_callback_says_so(
    where: str,
) -> None:
    lab = air()
    a = Station(lab, A)
    if where != "nowhere":
        b = Station(lab, B, channel=6)
        if where == "off":
            b.driver.deinit()
    a.send(B)
    run(lab)
    assert a.sent == [(ATTEMPTS * FRAME_US, False)]


def test_a_lost_frame_costs_all_attempts_and_does_not_arrive() -> None:
    lab = air(loss=1.0)
    a, b = Station(lab, A), Station(lab, B)
    a.send(B)
    run(lab)
    assert (a.sent, b.heard) == ([(ATTEMPTS * FRAME_US, False)], [])


def test_broadcast_reaches_all_others_on_the_channel_and_knows_no_failure() -> None:
    lab = air()
    a, b, c = Station(lab, A), Station(lab, B), Station(lab, C, channel=6)
    a.send(BROADCAST)
    c.send(BROADCAST)
    run(lab)
    assert a.sent == c.sent == [(FRAME_US, True)]
    assert [len(each.heard) for each in (a, b, c)] == [0, 1, 0]


def test_all_boards_of_a_channel_share_the_air_and_other_channels_do_not_matter() -> None:
    lab = air()
    a, b, c = Station(lab, A), Station(lab, B), Station(lab, C)
    a.send(B)
    b.send(C)
    c.send(A)
    run(lab)
    assert [each.sent[0][0] for each in (a, b, c)] == [FRAME_US, 2 * FRAME_US, 3 * FRAME_US]
    c.channel = 6
    a.send(B)
    c.send(BROADCAST)
    run(lab)
    assert a.sent[1][0] == c.sent[1][0]


def test_queued_frames_of_two_boards_take_turns() -> None:
    lab = air()
    a, b = Station(lab, A), Station(lab, B)
    for _ in range(3):
        a.send(B)
        b.send(A)
    run(lab)
    turns = sorted([(t, "a") for t, _ in a.sent] + [(t, "b") for t, _ in b.sent])
    assert "".join(name for _, name in turns) == "ababab"


def test_the_queue_is_bounded_and_has_room_again_after_a_send_callback() -> None:
    lab = air()
    a, _ = Station(lab, A), Station(lab, B)
    for _ in range(TX_BUFFERS):
        a.send(B)
    with pytest.raises(DriverError) as refusal:
        a.send(B)
    assert refusal.value.code is EspNowError.ESP_ERR_ESPNOW_NO_MEM
    while not a.sent:
        lab.clock.step()
    a.send(B)
    run(lab)
    assert len(a.sent) == TX_BUFFERS + 1


def test_errors_have_the_numbers_of_esp_now_h() -> None:
    assert [(error.name[15:], int(error)) for error in EspNowError] == [
        ("NOT_INIT", 12389),
        ("ARG", 12390),
        ("NO_MEM", 12391),
        ("FULL", 12392),
        ("NOT_FOUND", 12393),
        ("INTERNAL", 12394),
        ("EXIST", 12395),
        ("IF", 12396),
        ("CHAN", 12397),
    ]


def full_list(a: Station) -> None:
    for number in range(10, 11 + MAX_PEERS):
        a.driver.add_peer(virtual_mac(number))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("NOT_FOUND", lambda a: a.driver.send(C, b"x", 0)),
        ("NOT_FOUND", lambda a: a.driver.send(BROADCAST, b"x", 0)),
        ("NOT_FOUND", lambda a: a.driver.del_peer(C)),
        ("ARG", lambda a: a.driver.send(B, bytes(251), 0)),
        ("ARG", lambda a: a.driver.send(B, b"", 0)),
        ("ARG", lambda a: a.driver.add_peer(A)),
        ("ARG", lambda a: a.driver.add_peer(C, channel=14)),
        ("EXIST", lambda a: a.driver.add_peer(B)),
        ("FULL", full_list),
    ],
)
def test_the_driver_refuses_with_esp_idfs_code(name: str, call: Callable[[Station], None]) -> None:
    a = Station(air(), A)
    a.driver.add_peer(B)
    with pytest.raises(DriverError, match=f"ESP_ERR_ESPNOW_{name} ") as refusal:
        call(a)
    assert refusal.value.code is EspNowError[f"ESP_ERR_ESPNOW_{name}"]


def test_nothing_can_be_done_before_init_and_after_deinit() -> None:
    a = Station(air(), A)
    a.driver.deinit()
    for call in (lambda: a.driver.add_peer(B), lambda: a.driver.send(B, b"x", 0)):
        with pytest.raises(DriverError, match="NOT_INIT"):
            call()


def test_a_peer_on_another_channel_than_the_radio_is_refused() -> None:
    a = Station(air(), A)
    a.driver.add_peer(B, channel=1)
    a.driver.send(B, b"x", 0)
    a.channel = 6
    with pytest.raises(DriverError, match=r"CHAN .* channel 1, the radio on channel 6"):
        a.driver.send(B, b"x", 0)


def test_deinit_forgets_what_has_not_been_sent() -> None:
    lab = air()
    a, b = Station(lab, A), Station(lab, B)
    a.send(B, b"one")
    a.send(B, b"two")
    lab.clock.step()
    a.driver.deinit()
    a.driver.init()
    a.send(B, b"three")
    run(lab)
    assert b.frames() == [b"one", b"three"]
    assert len(a.sent) == 1


def test_two_boards_with_one_mac_are_refused() -> None:
    lab = air()
    Station(lab, A)
    with pytest.raises(
        BadInputError, match="two boards of this lab have the MAC 02:48:49:4c:00:01"
    ):
        Station(lab, A)


@settings(max_examples=25)
@given(
    loss=st.floats(0, 0.5),
    duplicate=st.floats(0, 0.5),
    reorder=st.floats(0, 0.5),
    jitter_us=st.integers(0, 20_000),
    seed=st.integers(0, 1 << 32),
)
def test_a_frame_arrives_exactly_if_it_is_acknowledged_and_a_seed_repeats(
    loss: float, duplicate: float, reorder: float, jitter_us: int, seed: int
) -> None:
    def play() -> tuple[list[tuple[int, bool]], list[tuple[int, bytes, bytes]]]:
        lab = air(seed, loss=loss, duplicate=duplicate, reorder=reorder, jitter_us=jitter_us)
        a, b = Station(lab, A), Station(lab, B)
        for number in range(2 * TX_BUFFERS):
            while len(a.sent) < number - TX_BUFFERS + 1:
                lab.clock.step()
            a.send(B, bytes([number]))
        run(lab)
        return a.sent, b.heard

    sent, heard = play()
    acknowledged = {bytes([number]) for number, (_, ok) in enumerate(sent) if ok}
    assert len(sent) == 2 * TX_BUFFERS
    assert {data for _, _, data in heard} == acknowledged
    assert play() == (sent, heard)
