# SPDX-License-Identifier: MIT
"""A board's port: locked, lent, reset, and found again when it has vanished."""

import errno

import pytest
import serial
from fake_port import FakePort

from hil.device.port import BoardPort
from hil.errors import BoardLostError, ConsoleError, PortMissingError, ResetError
from hil.rig.lock import holder
from hil.rig.providers.interface import Lease
from hil.serialport.ports import SerialPort
from hil.serialport.reset import UartReset

NAME = "/dev/ttyTEST"
AT_ONCE = UartReset(0)


class Bench:
    """Ports that are opened one after the other; ``None`` stands for one that stays away."""

    def __init__(self, *ports):
        self.ports = list(ports)

    def open(self, name, baud):
        port = self.ports.pop(0)
        if port is None:
            raise PortMissingError(f"The port {name} has not come back.")
        return port


class VanishingPort(FakePort):
    """Fails when EN is released, as the chip's own USB does."""

    error = serial.SerialException(errno.EIO, "gone")
    stays = False

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if (name, value) == ("rts", False):
            if not self.stays:
                self.unplug()
            raise self.error


class ClosingPort(FakePort):
    """Wakes its reader when it is closed, as the system's ports do."""

    def close(self):
        super().close()
        self.unplug()


@pytest.fixture
def open_line(monkeypatch, tmp_path):
    monkeypatch.setenv("HIL_LOCK_DIR", str(tmp_path))
    lines = []

    def open_line(*ports, lease=None):
        bench = Bench(*ports)
        monkeypatch.setattr("hil.console.console.open_port", bench.open)
        monkeypatch.setattr("hil.device.port.open_when_back", bench.open)
        lines.append(BoardPort(NAME, None, lease=lease))
        return lines[-1]

    yield open_line
    for line in lines:
        line.close()


def words(console):
    return [line.words for line in console.log]


def test_a_board_is_locked_while_its_port_is_open(open_line):
    line = open_line(FakePort())
    assert holder(NAME) is not None
    line.close()
    assert holder(NAME) is None


def test_a_board_whose_port_cannot_be_opened_is_not_locked(open_line):
    with pytest.raises(PortMissingError):
        open_line(None)
    assert holder(NAME) is None


def test_a_port_that_vanishes_with_the_reset_is_waited_for_and_the_log_goes_on(open_line):
    line = open_line(VanishingPort(), again := FakePort())
    console, heard = line.console, []
    console.listen(lambda said: heard.append(said.words))
    console.note("before")
    line.reset(AT_ONCE)
    again.feed(b"I (1) main: after\r\n")
    assert console.wait_line(lambda text: "never" in text, 0.1) is False
    assert line.console is console
    assert words(console)[0] == "before"
    assert {"before", "I (1) main: after"} <= set(heard) == set(words(console))


def test_a_port_that_had_vanished_before_is_reset_when_it_is_back(open_line):
    first, again = FakePort(), FakePort()
    line = open_line(first, again)
    first.unplug()
    with pytest.raises(ConsoleError):
        line.console.wait_event("never", 5.0)
    line.reset(AT_ONCE)
    assert ("rts", True) in again.lines


def test_a_port_that_does_not_come_back_is_missing(open_line):
    line = open_line(VanishingPort(), None)
    with pytest.raises(PortMissingError, match="not come back"):
        line.reset(AT_ONCE)


@pytest.mark.parametrize("code", [errno.ENOTTY, errno.EINVAL])
def test_a_port_without_lines_is_told_from_one_that_has_vanished(open_line, code):
    port = VanishingPort()
    port.error = OSError(code, "Inappropriate ioctl for device")
    line = open_line(port)
    with pytest.raises(ResetError, match=r'no lines .* reset = "none"'):
        line.reset(AT_ONCE)


def test_a_port_that_is_there_but_does_not_obey_has_not_vanished(open_line, monkeypatch):
    monkeypatch.setattr("hil.device.port._VANISHING_S", 0.1)
    port = VanishingPort()
    port.stays = True
    with pytest.raises(ResetError, match=r"is there, but its lines cannot be set \(.*gone\)"):
        open_line(port).reset(AT_ONCE)


def test_a_lent_port_is_closed_and_the_console_goes_on_afterwards(open_line):
    line = open_line(first := FakePort(), second := FakePort())
    with line.lend() as name:
        assert (name, first.closed) == (NAME, True)
        assert holder(NAME) is not None
    second.feed(b"I (1) main: back\r\n")
    line.console.wait_line(lambda text: "never" in text, 0.1)
    assert "I (1) main: back" in words(line.console)


def test_after_an_error_while_it_was_lent_the_console_stays_closed(open_line):
    line = open_line(FakePort(), FakePort())
    with pytest.raises(RuntimeError), line.lend():
        raise RuntimeError("the flasher failed")
    for use in (line.console.check, lambda: line.reset(AT_ONCE)):
        with pytest.raises(ConsoleError, match="closed"):
            use()


def test_a_port_that_is_not_back_after_lending_may_come_back_at_the_next_reset(open_line):
    line = open_line(FakePort(), None, again := FakePort())
    with pytest.raises(PortMissingError), line.lend():
        pass
    line.reset(AT_ONCE)
    assert ("rts", True) in again.lines


def test_a_port_that_is_back_under_another_name_is_known_by_the_one_that_stays(
    monkeypatch, tmp_path
):
    link = "/dev/serial/by-id/usb-Espressif_TEST"
    asked = []

    def back(name, baud):
        asked.append(name)
        return FakePort()

    known = SerialPort("/dev/ttyACM0", "a chip", True, serial_number="TEST", by_id=link)
    monkeypatch.setenv("HIL_LOCK_DIR", str(tmp_path))
    monkeypatch.setattr("hil.device.port.serial_port", lambda name: known)
    monkeypatch.setattr("hil.console.console.open_port", lambda name, baud: FakePort())
    monkeypatch.setattr("hil.device.port.open_when_back", back)
    line = BoardPort("/dev/ttyACM0", None)
    line.console.port.unplug()
    line.reopen()
    line.close()
    assert asked == [link]


def test_a_board_that_its_provider_has_lost_is_let_go_at_once_and_it_is_told_why(open_line):
    listeners = []

    def check():
        raise BoardLostError("Ada has the board now.")

    lease = Lease(NAME, lambda: None, check=check, on_lost=listeners.append)
    line = open_line(ClosingPort(), FakePort(), lease=lease)
    (lost,) = listeners
    lost()
    assert line.console.wait_end(10.0)
    with pytest.raises(BoardLostError, match="Ada has the board now"):
        line.console.request("info")
    with pytest.raises(BoardLostError), line.lend():
        pass  # whoever had it meanwhile
    lost()  # once more changes nothing
