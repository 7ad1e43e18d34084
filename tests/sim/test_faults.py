# SPDX-License-Identifier: MIT
"""What one says about faults, and the parts of a board that have them: without a board."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import BadInputError
from hil.sim.chip.reset import AutoResetCircuit, Edge
from hil.sim.faults.faults import Faults, parse_faults
from hil.sim.faults.injector import Injector
from hil.sim.faults.moment import EVERY, FLASHING, OF_FIRMWARE, Blow, Moment, Point, parse_moment
from hil.sim.serial.line import MEAN_GAP, NoisyLine

EVERYTHING = [
    *("vanish=0.5", "dead-console", "wrong-boot-mode=2", "stuck-download", "drop=460800"),
    *("slow-boot=3", "chip=esp32c3", "no-psram", "flash=8MB", "foreign", "secure-download"),
    *("stuck-bit=0x10000", "panic@invoke", "reset@write=70000"),
]


def test_every_fault_can_be_named() -> None:
    (faults,) = parse_faults(EVERYTHING, 1)
    assert faults == Faults(
        vanish_s=0.5,
        dead_console=True,
        wrong_boot_modes=2,
        stuck_download=True,
        drop_above_baud=460_800,
        slow_boot_s=3.0,
        chip="esp32c3",
        psram=False,
        flash_size=8 << 20,
        foreign=True,
        secure_download=True,
        stuck_bit=0x10000,
        moments=(Moment(Blow.PANIC, Point.INVOKE), Moment(Blow.RESET, Point.WRITE, 70_000)),
    )


def test_a_fault_is_every_boards_or_one_boards_and_the_last_one_counts() -> None:
    first, second = parse_faults(["flash=8MB", "2:no-psram", "2:flash=4MB"], 2)
    assert first == Faults(flash_size=8 << 20)
    assert second == Faults(flash_size=4 << 20, psram=False)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("vanishes", "There is no fault 'vanishes'; known are vanish=SECONDS, dead-console"),
        ("vanish", "The fault 'vanish' needs a sensible value as in vanish=SECONDS"),
        ("vanish=soon", "vanish=SECONDS"),
        ("vanish=nan", "vanish=SECONDS"),
        ("slow-boot=61", "slow-boot=SECONDS"),
        ("drop=0", "drop=BAUD"),
        ("flash=8", r"flash=4MB\|8MB\|16MB\|32MB"),
        ("chip=esp8266", r"chip=esp32\|esp32c3"),
        ("no-psram=1", "The fault 'no-psram=1' takes no value"),
        ("3:foreign", "board that is not there; name one of 1 to 2"),
        ("two:foreign", "board that is not there"),
        ("", "There is no fault ''"),
        ("stuck-bit=-1", "stuck-bit=ADDRESS"),
        ("panic@lunch", "There is no fault 'panic@lunch'; known are panic, hang, freeze, reset"),
        ("tired@invoke", r"points boot, image, load, invoke, send, wait, result, connect, erase,"),
        ("panic@", "There is no fault 'panic@'"),
        ("panic@write", "while a board is flashed no firmware runs; take one of freeze, reset"),
        ("panic@invoke=", "needs a sensible number as in panic@invoke=2"),
        ("panic@invoke=0", "sensible number"),
        ("reset@write=every", "or 'every' where that is not write"),
        ("3:panic@invoke", "board that is not there; name one of 1 to 2"),
    ],
)
def test_what_is_no_fault_is_refused_in_one_sentence(text: str, complaint: str) -> None:
    with pytest.raises(BadInputError, match=complaint) as caught:
        parse_faults([text], 2)
    assert "\n" not in str(caught.value)


@given(st.builds(Moment, st.sampled_from(Blow), st.sampled_from(Point), st.integers(1, 1 << 32)))
def test_a_fault_at_a_point_is_read_as_it_is_written(moment: Moment) -> None:
    if moment.point in FLASHING and moment.blow in OF_FIRMWARE:
        with pytest.raises(BadInputError):
            parse_moment(str(moment))
    else:
        assert parse_moment(str(moment)) == moment


def test_a_fault_strikes_once_at_the_time_that_it_was_set_for_or_each_time() -> None:
    injector = Injector([Moment(Blow.RESET, Point.SEND, 2), Moment(Blow.NOISE, Point.LOAD, EVERY)])
    assert [injector.reached(Point.LOAD) for _ in range(2)] == [Blow.NOISE, Blow.NOISE]
    assert [injector.reached(Point.SEND) for _ in range(3)] == [None, Blow.RESET, None]
    assert injector.waiting == ()
    injector.arm(Moment(Blow.PANIC, Point.SEND))
    assert injector.waiting == (Moment(Blow.PANIC, Point.SEND),)
    injector.disarm()
    assert injector.reached(Point.SEND) is injector.reached(Point.LOAD) is None


@given(st.lists(st.integers(1, 300), min_size=1), st.integers(1, 1_000))
def test_flashing_is_cut_at_the_very_byte(blocks: list[int], number: int) -> None:
    injector = Injector([Moment(Blow.RESET, Point.WRITE, number)])
    written = 0
    for block in blocks:
        length, blow = injector.advance(Point.WRITE, block)
        written += length
        if blow is not None:
            break
    assert written == min(number, sum(blocks))
    assert bool(injector.waiting) == (sum(blocks) < number)


def into_download(circuit: AutoResetCircuit) -> Edge | None:
    steps = [(False, True), (True, True), (True, False), (False, False)]
    return [edge for dtr, rts in steps if (edge := circuit.set(dtr=dtr, rts=rts))][-1]


def test_the_first_resets_into_download_mode_boot_from_flash() -> None:
    circuit = AutoResetCircuit(wrong_boot_modes=2)
    edges = [into_download(circuit) for _ in range(4)]
    assert edges == [Edge.RUN, Edge.RUN, Edge.DOWNLOAD, Edge.DOWNLOAD]


def test_a_stuck_board_cannot_be_reset_into_its_application() -> None:
    circuit = AutoResetCircuit(stuck_download=True)
    assert circuit.set(rts=True) is Edge.HOLD
    assert circuit.set(rts=False) is Edge.DOWNLOAD


@given(st.binary(max_size=2_000), st.lists(st.integers(0, 2_000)))
def test_what_gets_lost_does_not_depend_on_how_it_was_sent(data: bytes, cuts: list[int]) -> None:
    whole, pieces = NoisyLine(115_200, "seed"), NoisyLine(115_200, "seed")
    ends = [0, *sorted(cuts), len(data)]
    sent = [data[a:b] for a, b in itertools.pairwise(ends)]
    received = whole.to_chip(data, 921_600, 921_600)
    assert b"".join(pieces.to_chip(each, 921_600, 921_600) for each in sent) == received
    assert len(data) - len(received) <= 2 * len(data) / MEAN_GAP


def test_bytes_get_lost_in_both_directions_above_the_limit_and_only_there() -> None:
    line, data = NoisyLine(460_800, "seed"), bytes(100 * MEAN_GAP)
    assert line.to_host(data, 460_800, 460_800) == line.to_chip(data, 460_800, 460_800) == data
    for carry in (line.to_host, line.to_chip):
        assert 80 < len(data) - len(carry(data, 921_600, 921_600)) < 120


@given(st.binary(min_size=1), st.sampled_from([9_600, 460_800]))
def test_a_wrong_rate_garbles_every_byte_of_text(data: bytes, rate: int) -> None:
    text = bytes(byte & 0x7F for byte in data)
    received = NoisyLine(921_600, "seed").to_host(text, 115_200, rate)
    assert all(a != b for a, b in zip(text, received, strict=True))
