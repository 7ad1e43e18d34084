# SPDX-License-Identifier: MIT
"""What closing a port does to its lines, by the flag that the kernel goes by."""

import os
import termios

import pytest
from serial.tools import list_ports

from hil.serialport.open import open_port


@pytest.fixture
def terminal():
    """A terminal that hangs up on close, as one of a bridge does by default."""
    controller, terminal = os.openpty()
    attributes = termios.tcgetattr(terminal)
    attributes[2] |= termios.HUPCL
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
    yield terminal
    os.close(terminal)
    os.close(controller)


def hangs_up(terminal):
    return bool(termios.tcgetattr(terminal)[2] & termios.HUPCL)


def attach(monkeypatch, terminal, pid):
    class Bridge:
        device = os.ttyname(terminal)
        vid = 0x10C4
        serial_number = product = None

    Bridge.pid = pid
    monkeypatch.setattr(list_ports, "comports", lambda: [Bridge])


def test_a_cp2102c_keeps_its_lines_when_it_is_closed_whatever_was_changed_in_between(
    monkeypatch, terminal
):
    attach(monkeypatch, terminal, 0xEA64)
    port = open_port(os.ttyname(terminal))
    assert not hangs_up(terminal)
    port.baudrate = 921_600
    port.close()
    assert not hangs_up(terminal)


def test_any_other_bridge_is_left_as_it_was(monkeypatch, terminal):
    attach(monkeypatch, terminal, 0xEA60)
    open_port(os.ttyname(terminal)).close()
    assert hangs_up(terminal)
