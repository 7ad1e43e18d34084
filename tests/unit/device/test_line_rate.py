# SPDX-License-Identifier: MIT
"""Raising the rate of a line that bears it, and of one that does not."""

import pytest

from hil.console.health import Health
from hil.device.line_rate import change_rate
from hil.errors import BoardPanic, BoardRefused, BoardSilent


class Line:
    """A board behind a line that loses answers above ``limit``, and ``lost`` requests.

    What comes at a wrong rate is the beginning of the board's next line, until that is ended.
    """

    def __init__(self, limit, lost=0):
        self.limit, self.lost = limit, lost
        self.rate = self.board_rate = 115_200
        self.half_a_line = False
        self.notes = []
        self.health = Health()

    def note(self, text):
        self.notes.append(text)

    def type_line(self, text):
        self.half_a_line = self.half_a_line and self.rate != self.board_rate

    def set_baud(self, rate):
        self.request("baud", rate=rate)
        self.rate = rate

    def request(self, verb, *, timeout=5.0, rate=None):
        if self.rate != self.board_rate:
            self.half_a_line = True
            raise BoardPanic("garbled")
        if self.half_a_line:
            self.half_a_line = False
            raise BoardRefused("syntax", "There is something before the request.")
        lossy = self.rate > self.limit
        if lossy and self.lost:
            self.lost -= 1
        elif verb == "baud":
            self.board_rate = rate
        if lossy:
            raise BoardSilent("silent")


def test_a_line_that_bears_the_rate_has_it():
    line = Line(921_600)
    assert change_rate(line, 921_600)
    assert (line.rate, line.board_rate, line.notes) == (921_600, 921_600, [])


@pytest.mark.parametrize("lost", range(5))
def test_a_line_that_does_not_goes_back_to_what_it_bears_and_says_so(lost):
    line = Line(460_800, lost)
    assert not change_rate(line, 921_600)
    assert (line.rate, line.board_rate) == (115_200, 115_200)
    assert line.notes == ["bytes get lost at 921600 baud; going on at 115200"]


def test_a_board_that_answers_at_neither_rate_is_silent():
    with pytest.raises(BoardSilent, match="neither at 921600 nor at 115200"):
        change_rate(Line(460_800, lost=100), 921_600)


def test_a_fault_meanwhile_is_not_taken_for_a_bad_line():
    line = Line(460_800)
    line.health.observe("abort() was called at PC 0x42008ab3 on core 0")
    with pytest.raises(BoardSilent, match=r"^silent$"):
        change_rate(line, 921_600)
    assert line.notes == []


def test_a_refusal_that_no_noise_explains_is_the_boards():
    line = Line(921_600)
    line.set_baud = line.request = lambda *_, **__: refuse()

    def refuse():
        raise BoardRefused("unsupported", "There is no rate here.")

    with pytest.raises(BoardRefused, match="no rate"):
        change_rate(line, 921_600)
