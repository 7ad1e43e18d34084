# SPDX-License-Identifier: MIT
"""What is tried before a board is given up, and in which order."""

import itertools
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from hil.console.health import Health
from hil.device import recovery as module
from hil.device.recovery import Recovery
from hil.errors import (
    BoardSilent,
    BootFailure,
    FlashingError,
    PortMissingError,
    ResetError,
    WrongChipError,
)
from hil.flash.flash import FlashReport
from hil.rig.rig import BoardSpec
from hil.serialport.reset import UartReset

PORT = "/dev/ttyTEST"
HOW = UartReset()
REPORT = FlashReport(
    (), (), "ESP32-S3", "02:00:00:00:00:01", 16 << 20, False, 115_200, 1.0, ("slow",)
)


class Line:
    """Notes what happens to a port; ``missing``: it is not there after the first lending."""

    def __init__(self, did, missing):
        self.did, self.missing = did, missing
        self.console = self
        self.notes = []
        self.name = PORT
        self.health = Health()

    def remark(self, text):
        self.notes.append(text)

    @contextmanager
    def lend(self):
        yield PORT
        if self.missing:
            self.missing = False
            raise PortMissingError("It is not back.")


@pytest.fixture
def rig(monkeypatch):
    """Make a rig from what each step comes to: exceptions to raise; what is left out succeeds."""
    sessions = itertools.count(1)

    def make(starts=(), writes=(), probes=(), power="uhubctl", reset="auto", missing=False):
        did, left = [], {"start": list(starts), "write": list(writes), "probe": list(probes)}

        def step(name, detail=None):
            did.append(name if detail is None else f"{name} {detail}")
            outcome = left[name].pop(0) if left.get(name) else None
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        def start(line, how):
            session = step("start", "by lines" if how else "by power")
            return SimpleNamespace(session=session or next(sessions))

        def write(port):
            step("write")
            return REPORT

        class Port:
            def close(self):
                did.append("wait for port")

        monkeypatch.setattr(module, "start", start)
        monkeypatch.setattr(module, "power_cycle", lambda spec, log: step("power"))
        monkeypatch.setattr(module, "probe_chip", lambda port, reset, line: step("probe"))
        monkeypatch.setattr(module, "open_when_back", lambda port: Port())
        spec = BoardSpec(PORT, power_cycle=power, reset=reset)
        made = Recovery(spec, Line(did, missing))
        return made, did, write

    return make


def test_a_board_that_starts_needs_nothing(rig):
    recovery, did, _ = rig()
    assert recovery.start(HOW).session
    assert did == ["start by lines"]
    assert recovery._line.notes == []


def test_a_board_that_needs_several_starts_is_not_passed_over_in_silence(rig):
    recovery, _, _ = rig()
    for line in ("rst:0x1 (POWERON),boot:0x8", "rst:0x10 (RTCWDT_RTC_RST),boot:0x8"):
        recovery._line.health.observe(line)
    recovery.start(HOW)
    assert recovery._line.notes == [
        "2 starts until it answered, the last by rst:0x10 (RTCWDT_RTC_RST), RTC watchdog, "
        "RTC included"
    ]


def test_a_board_that_cannot_be_reset_by_lines_is_power_cycled_from_then_on(rig):
    recovery, did, _ = rig(starts=[ResetError("Mute.")])
    assert recovery.start(HOW).session != recovery.start(HOW).session
    assert did == ["start by lines", "power", "start by power", "power", "start by power"]
    assert recovery._line.notes[0] == "trying again after: Mute."


def test_without_a_power_switch_it_is_reset_once_more(rig):
    recovery, did, _ = rig(starts=[ResetError("Mute."), PortMissingError("Gone.")], power=None)
    with pytest.raises(PortMissingError, match=r"Mute\. Then, tried again: Gone\."):
        recovery.start(HOW)
    assert did == ["start by lines"] * 2


@pytest.mark.parametrize("power", [None, "uhubctl"])
def test_the_loader_tells_whose_silence_it_is(rig, power):
    recovery, did, _ = rig(starts=[BoardSilent("It hangs.")], power=power)
    with pytest.raises(BoardSilent):  # though it might come up the next time
        recovery.start(HOW)
    assert did == ["start by lines", "probe"]


def test_a_dead_port_is_not_the_firmwares_silence(rig):
    dead = FlashingError("No chip answers.")
    recovery, did, _ = rig(starts=[BoardSilent("No.")] * 2, probes=[dead] * 2, power=None)
    with pytest.raises(ResetError, match=r"^No\. \(2 attempts"):
        recovery.start(HOW)
    assert did == ["start by lines", "probe"] * 2

    recovery, did, _ = rig(starts=[BoardSilent("No.")] * 2, probes=[dead])
    with pytest.raises(BoardSilent):
        recovery.start(HOW)
    assert did == ["start by lines", "probe", "power", "start by power"]


def test_a_silent_board_without_reset_lines_is_asked_once_more_and_is_no_failure(rig):
    recovery, did, _ = rig(starts=[BoardSilent("No.")] * 2, power=None, reset="none")
    with pytest.raises(ResetError, match=r"^No\. \(2 attempts"):
        recovery.start(HOW)
    assert did == ["start by lines"] * 2


def test_a_board_that_goes_on_as_before_has_not_been_reset(rig):
    recovery, did, _ = rig(starts=[7, 7, 7], power=None)
    recovery.start(HOW)
    with pytest.raises(ResetError, match="as if it had not been reset; connect DTR and RTS"):
        recovery.start(HOW)
    assert did == ["start by lines"] * 3


def test_an_image_that_does_not_boot_is_reported_at_once(rig):
    recovery, did, _ = rig(starts=[BootFailure("Checksum.")])
    with pytest.raises(BootFailure):
        recovery.start(HOW)
    assert did == ["start by lines"]


def test_flashing_that_fails_is_tried_again_and_then_after_a_power_cycle(rig):
    recovery, did, write = rig(writes=[FlashingError("One."), FlashingError("Two.")])
    assert recovery.flash(write) == REPORT
    assert did == ["write", "wait for port", "write", "power", "write"]
    assert recovery._line.notes == ["trying again after: One.", "trying again after: Two.", "slow"]


def test_without_a_power_switch_two_attempts_are_all(rig):
    recovery, did, write = rig(writes=[FlashingError("One."), FlashingError("Two.")], power=None)
    with pytest.raises(FlashingError, match=r"^One\. Then, tried again: Two\.$"):
        recovery.flash(write)
    assert did == ["write", "wait for port", "write"]


def test_the_wrong_chip_is_not_asked_twice(rig):
    recovery, did, write = rig(writes=[WrongChipError("ESP32.")])
    with pytest.raises(WrongChipError):
        recovery.flash(write)
    assert did == ["write"]


def test_a_port_that_flashing_has_lost_may_be_had_back_by_power(rig):
    recovery, _, write = rig(missing=True)
    assert recovery.flash(write) == REPORT

    recovery, _, write = rig(missing=True, power=None)
    with pytest.raises(PortMissingError):
        recovery.flash(write)
