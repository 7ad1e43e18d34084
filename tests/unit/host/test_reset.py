# SPDX-License-Identifier: MIT
"""What each way to reset a board does to a port."""

import pytest
from fake_port import FakePort

from hil.reset import (
    ConsoleReset,
    FlowControlReset,
    UartReset,
    UsbJtagReset,
    choose_reset,
    reset_on,
)


class NotedPort(FakePort):
    """A port that takes what is written by and by, or not at all if it is stuck."""

    def __init__(self, on_write=lambda data: None, *, stuck=False):
        super().__init__(on_write)
        self.waiting = 0
        self.stuck = stuck

    def write(self, data):
        self.waiting = 3
        return super().write(data)

    @property
    def out_waiting(self):
        self.waiting -= not self.stuck
        return self.waiting

    def flush(self):
        raise AssertionError("waits for ever where nobody takes what is written")


@pytest.mark.parametrize("strategy", [UartReset(), UsbJtagReset()])
def test_en_is_low_between_hold_and_release_and_io0_never_is(strategy):
    port = FakePort()
    strategy.hold(port)
    assert port.lines == [("dtr", False), ("rts", True)]
    strategy.release(port)
    assert port.lines[2:] == [("rts", False)]


def test_a_bridge_that_moves_rts_keeps_dtr_asserted_and_io0_is_high_when_en_rises():
    port, strategy = FakePort(), FlowControlReset(0)
    strategy.hold(port)
    assert port.lines == [("dtr", False), ("rts", True)]
    strategy.release(port)
    assert port.lines[2:] == [("dtr", True), ("rts", False)]  # both asserted: EN and IO0 are high


def test_the_console_is_asked_by_a_line_of_its_own_and_no_line_is_touched():
    written = []
    port = NotedPort(written.append)
    strategy = ConsoleReset(921_600)
    strategy.hold(port)
    strategy.release(port)
    assert b"".join(written) == b"\0reboot\r\n"  # the zero ends what was there before
    assert port.waiting == 0  # before the console changes the rate
    assert port.lines == []
    assert port.baudrate == 115_200


def test_asked_again_it_tries_the_rate_that_a_killed_session_may_have_left():
    port, strategy = NotedPort(), ConsoleReset(921_600)
    rates = []
    port.on_write = lambda data: rates.append(port.baudrate)
    for _ in range(3):
        port.baudrate = 115_200
        strategy.hold(port)
    assert rates == [115_200, 921_600, 115_200]


def test_a_board_that_takes_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("hil.reset._DRAIN_S", 0.02)
    ConsoleReset(921_600).hold(NotedPort(stuck=True))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("auto", FlowControlReset), ("uart", FlowControlReset), ("none", ConsoleReset)],
)
def test_a_bridge_that_moves_rts_is_known(name, kind):
    assert type(choose_reset(name, usb_jtag=False, baud=921_600, moves_rts=True)) is kind


@pytest.mark.parametrize(
    ("name", "usb_jtag", "kind"),
    [
        ("auto", True, UsbJtagReset),
        ("auto", False, UartReset),
        ("uart", True, UartReset),
        ("usb-jtag", False, UsbJtagReset),
        ("none", True, ConsoleReset),
    ],
)
def test_the_rig_decides_and_auto_goes_by_the_port(name, usb_jtag, kind):
    assert type(choose_reset(name, usb_jtag=usb_jtag, baud=921_600)) is kind


def test_the_bridge_on_a_port_decides_by_its_ids(attach):
    assert type(reset_on(attach("ttyUSB0", 0x10C4, 0xEA64), "auto", 921_600)) is FlowControlReset
    assert type(reset_on(attach("ttyUSB1", 0x10C4, 0xEA60), "auto", 921_600)) is UartReset
    assert type(reset_on(attach("ttyACM0", 0x303A, 0x1001), "auto", 921_600)) is UsbJtagReset
