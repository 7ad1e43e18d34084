# SPDX-License-Identifier: MIT
"""A board that sends without end, on a port where it is asked."""

import subprocess
import sys

import pytest
from fake_port import FakePort

from hil.errors import FlashingError
from hil.serialport.bounded import bound

# A loader's answer begins, and never ends: what looks for its end would keep all of it.
ESPTOOL = """
import sys
from esptool.loader import slip_reader
from hil.errors import FlashingError
from hil.serialport.bounded import bound

class Port:
    port = "x"
    baudrate = 115200
    in_waiting = 1 << 16
    said = 0
    timeout = 3.0
    def inWaiting(self):
        return self.in_waiting
    def read(self, size=1):
        self.said += size
        if self.said > 1 << 26:
            print("endless")
            sys.exit()
        return b"\\xc0" + b"x" * (size - 1) if self.said == size else b"x" * size
    def write(self, data):
        return len(data)

port = Port()
bound(port, "x")
try:
    next(slip_reader(port, lambda *args: None))
except FlashingError as error:
    print(error)
"""


def test_what_comes_without_a_question_has_a_limit():
    port = FakePort()
    bound(port, "/dev/ttyUSB0", most=10)
    for _ in range(3):
        port.write(b"question")
        port.feed(b"0123456789")
        assert port.read(10) == b"0123456789"
    port.feed(b"0")
    with pytest.raises(FlashingError, match="/dev/ttyUSB0 sends without end"):
        port.read(1)


def test_esptool_gives_up_on_an_answer_without_end():
    ran = subprocess.run(
        [sys.executable, "-c", ESPTOOL], capture_output=True, text=True, check=True, timeout=120
    )
    assert "The board on x sends without end" in ran.stdout
