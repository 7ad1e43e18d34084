# SPDX-License-Identifier: MIT
"""Sequences of resets, and how long a line's bytes are under way."""

import re
from types import SimpleNamespace

import pytest
from fake_port import FakePort

from hil.serialport.line import SLOW_S, USUAL, Line, parse_sequence
from hil.serialport.reset import choose_reset


def test_the_last_step_that_sets_a_line_lets_the_chip_start():
    line = Line(hard_reset_sequence="U0,1|W0|R0|W0")
    strategy = choose_reset("auto", usb_jtag=True, baud=115_200, line=line)
    port = FakePort()
    strategy.hold(port)
    assert port.lines == [("dtr", False), ("rts", True)]
    strategy.release(port)
    assert port.lines[2:] == [("rts", False)]


@pytest.mark.parametrize("text", ["|", "D", "D2", "X1", "U1", "U1,2", "R1,0", "Wx", "W-1", "W11"])
def test_what_is_no_sequence_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        parse_sequence(text)


def test_a_slow_line_is_slow_whatever_is_measured_and_a_usual_one_as_measured():
    far, near = SimpleNamespace(round_trip_s=0.7), SimpleNamespace(round_trip_s=0.001)
    assert [Line(slow=True).round_trip_s(port) for port in (far, near, object())] == [
        0.7,
        SLOW_S,
        SLOW_S,
    ]
    assert [USUAL.round_trip_s(port) for port in (far, near, object())] == [0.7, 0.001, 0.0]
